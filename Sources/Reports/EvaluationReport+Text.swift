import Foundation
import Tasks
import Training

extension EvaluationReport {
    /// The figures as a table for people; those that Δm compares are marked.
    package var text: String {
        let isCompared = rows.contains { $0.baseline != nil }
        var table = TextTable(
            columns: ["task", "metric", "rules", "value"] + (isCompared ? ["baseline", "better by"] : []))
        for row in rows {
            let metric = row.isKnown ? row.metric : "nothing known"
            let mark = isCompared && row.isCompared ? " *" : ""
            let value = row.result.map(TrainingLog.value) ?? "—"
            var cells = [row.task, metric + mark, row.convention, value]
            if isCompared {
                cells.append(row.baseline.flatMap { row.result(of: $0) }.map(TrainingLog.value) ?? "")
                cells.append(row.improvementPercent.map { String(format: "%+.2f %%", $0) } ?? "")
            }
            table.add(cells)
        }
        let delta = relativeImprovementPercent.map { String(format: "\n\nΔm %+.2f %% (the mean of *)", $0) } ?? ""
        return ([table.text] + (parts ?? []).map(\.text) + (curves ?? []).map(\.text)).joined(separator: "\n\n") + delta
    }
}

extension PartFigures {
    /// The columns beside the part's name: its figures, how much is known of it, and what it is mistaken for.
    private var columns: [String] {
        figures.map { MetricName.title($0.name) } + ["known"] + (confusion == nil ? [] : ["mostly mistaken for"])
    }

    /// The cells of each part, its name first.
    private var cells: [[String]] {
        rows.indices.map { index in
            let row = rows[index]
            let values = figures.map { figure in row.values[figure.name].flatMap { $0 }.map(figure.unit.text) ?? "—" }
            let mistake = confused(index).map { "\($0.name) \(Figure.percent($0.share))" } ?? ""
            return [row.name] + values + ["\(row.known)"] + (confusion == nil ? [] : [mistake])
        }
    }

    /// A table for a terminal.
    var text: String {
        var table = TextTable(columns: ["\(parts.rawValue) of \(task)"] + columns)
        for row in cells { table.add(row) }
        return table.text
    }

    /// The same for a page, and the confusion matrix of few enough classes to look at.
    var html: String {
        var table = HTMLTable([parts.rawValue] + columns.map(escaped))
        for row in cells { table.add(row.map(escaped)) }
        return table.html + confusionHTML
    }

    /// More classes are too many to look at; `modulor evaluate --json` has them.
    private static let shownClasses = 48

    /// Shares of each true class, the darker the more.
    private var confusionHTML: String {
        guard let confusion, rows.count <= Self.shownClasses else { return "" }
        var table = HTMLTable(["true class"] + rows.map { escaped($0.name) })
        for (row, counts) in zip(rows, confusion) {
            table.add(
                ["<b>\(escaped(row.name))</b>"]
                    + counts.map { count in
                        guard row.known > 0, count > 0 else { return "" }
                        let share = Double(count) / Double(row.known)
                        let shade = String(format: "%.2f", 0.5 * share)
                        return """
                            <span style="background:rgba(91,141,239,\(shade))">\(String(format: "%.0f", 100 * share))</span>
                            """
                    })
        }
        return """
            <p class="note">Of the pixels of each true class (a row), percent predicted as each class (a column).</p>\
            \(table.html)
            """
    }
}

extension RunReport {
    /// Figures of single classes and channels, as they were validated last.
    var parts: String {
        let known = history.tasks.compactMap { task in task.parts.map { (task.name, $0) } }
        guard !known.isEmpty else { return "" }
        let tables = known.map { name, parts in
            "<details><summary>\(dotted(name)) after step \(parts.step)</summary>\(parts.figures.html)</details>"
        }
        return "<section><h2>Classes and channels</h2>\(tables.joined(separator: "\n"))</section>"
    }
}
