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
            let value = row.result.map(TrainingLog.value) ?? (row.isKnown ? "no number" : "")
            var cells = [row.task, metric + mark, row.convention, value]
            if isCompared {
                cells.append(row.baseline.flatMap { row.result(of: $0) }.map(TrainingLog.value) ?? "")
                cells.append(row.improvementPercent.map { String(format: "%+.2f %%", $0) } ?? "")
            }
            table.add(cells)
        }
        let delta = relativeImprovementPercent.map { String(format: "\n\nΔm %+.2f %% (the mean of *)", $0) } ?? ""
        return table.text + delta
    }
}
