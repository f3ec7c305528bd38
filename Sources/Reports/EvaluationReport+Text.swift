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
            var cells = [
                row.task, row.metric + (isCompared && row.isCompared ? " *" : ""), row.convention,
                row.result.map(TrainingLog.value) ?? "no number",
            ]
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
