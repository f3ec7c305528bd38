import Checkpoints
import Foundation
import Tasks
import Training

/// What `modulor evaluate --html` leaves: one page with all figures, which needs nothing beside itself.
package struct EvaluationPage {
    private let report: EvaluationReport
    private let name: String

    /// - Parameter name: what was scored, as the page calls it.
    package init(_ report: EvaluationReport, name: String) {
        self.report = report
        self.name = name
    }

    /// - Throws: `FileSystemError`.
    package func write(to path: String) throws {
        try AtomicFile.write(to: path) { try $0.write(html) }
    }

    private var html: String {
        let parts = (report.parts ?? []).map { part in
            "<section><h2>\(part.parts.rawValue.capitalized) of \(escaped(part.task))</h2>\(part.html)</section>"
        }
        let header = """
            <header><p class="over">Evaluation</p><h1>\(escaped(name))</h1>
            <p class="lead">\(Figure.number(report.samples, "sample")) of \(escaped(report.split))</p></header>
            """
        return page(
            name, main: ([header, figures] + parts + (report.curves ?? []).map(\.html)).joined(separator: "\n"))
    }

    private var figures: String {
        let isCompared = report.rows.contains { $0.baseline != nil }
        var table = HTMLTable(["task and metric", "rules", "value"] + (isCompared ? ["baseline", "better by"] : []))
        for row in report.rows {
            let metric = row.isKnown ? MetricName.title(row.metric) : "nothing known"
            var cells = [
                "\(row.task) \(metric)", row.convention, row.result.map { $0.unit.text($0.value) } ?? "—",
            ]
            if isCompared {
                cells.append(row.baseline.flatMap { row.result(of: $0) }.map { $0.unit.text($0.value) } ?? "")
                cells.append(row.improvementPercent.map { String(format: "%+.2f %%", $0) } ?? "")
            }
            table.add(cells.map(escaped))
        }
        let delta = report.relativeImprovementPercent.map { String(format: "<p>Δm %+.2f %%</p>", $0) } ?? ""
        return "<section><h2>Figures</h2>\(table.html)\(delta)</section>"
    }
}
