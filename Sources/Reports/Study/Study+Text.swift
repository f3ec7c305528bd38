import Foundation
import Tasks

extension Study {
    /// The study as Markdown, columns padded for a terminal.
    package var text: String {
        var table = MarkdownTable(
            ["method"] + tasks.map(title)
                + ["Δm", "own parameters per task", "of \(tasks.count) tasks together", "core time"])
        for row in rows {
            let own = row.ownParametersPerTask
            table.add(
                [row.method.title + (row.seeds.count == seeds.count ? "" : " (seed \(list(row.seeds)))")]
                    + tasks.map { task in row.figures[task].map { $0.text { value(of: task, $0) } } ?? "no number" }
                    + [
                        row.relativeImprovementPercent.map { Self.signed($0) } ?? "",
                        Figure.count(Int(own)),
                        Figure.count(Int(row.sharedParameters + own * Double(tasks.count))),
                        row.trainingCoreSeconds.text(Figure.duration),
                    ])
        }
        let head =
            "Mean ± standard deviation over \(seeds.count == 1 ? "seed" : "seeds") \(list(seeds)). Δm is against "
            + "the mean of the single-task networks."
        return ([table.text, head] + forgettingText + claimsText).joined(separator: "\n\n")
    }

    private var seeds: [Int] { Set(rows.flatMap(\.seeds)).sorted() }

    private func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ", ") }

    /// A task with its metric, and an arrow that way to which it gets better.
    private func title(_ task: String) -> String {
        guard let row = metrics[task] else { return task }
        let arrow = row.result(of: 0)?.higherIsBetter == false ? "↓" : "↑"
        return "\(task) \(MetricName.title(row.metric)) \(arrow)"
    }

    private func value(of task: String, _ value: Double) -> String {
        metrics[task].flatMap { MetricUnit(rawValue: $0.unit) }?.text(value) ?? Figure.short(value)
    }

    static func signed(_ spread: Spread) -> String {
        signed(spread.mean) + (spread.deviation.map { String(format: " ± %.1f", $0) } ?? "") + " %"
    }

    /// A change in percent, to one digit; what rounds to nothing has no sign.
    static func signed(_ percent: Double) -> String {
        let text = String(format: "%+.1f", percent)
        return ["-0.0", "+0.0"].contains(text) ? "0.0" : text
    }

    private var forgettingText: [String] {
        guard let first = forgetting.first else { return [] }
        var table = MarkdownTable([
            "old task", "joint net", "fine-tuned on \(first.newTask)", "change", "RC+RI+NFF", "\(first.newTask) added",
            "change",
        ])
        for (place, row) in first.fineTuned.enumerated() {
            func spread(_ rows: KeyPath<Forgetting, [Forgetting.Row]>, _ value: (Forgetting.Row) -> Double?) -> Spread?
            {
                let values = forgetting.compactMap { value($0[keyPath: rows][place]) }
                return values.isEmpty ? nil : Spread(values)
            }
            func cells(_ rows: KeyPath<Forgetting, [Forgetting.Row]>) -> [String] {
                [spread(rows, \.before), spread(rows, \.after)].map { $0?.text { value(of: row.task, $0) } ?? "" }
                    + [spread(rows, \.changePercent).map(Self.signed) ?? ""]
            }
            table.add([title(row.task)] + cells(\.fineTuned) + cells(\.added))
        }
        return [
            table.text,
            isUntouched
                ? "The bank and the old tasks' files have the same bytes after \(first.newTask) was added, and the same "
                    + "figures to the last digit."
                : "Files or figures of old tasks CHANGED when \(first.newTask) was added.",
        ]
    }
}

extension Study {
    private var claimsText: [String] {
        let claims = claims
        guard !claims.isEmpty else { return [] }
        var table = MarkdownTable(["the paper claims", "found here", ""])
        for claim in claims { table.add([claim.claim, claim.found, claim.verdict.text]) }
        return [table.text]
    }
}

/// A table in Markdown, its cells padded.
private struct MarkdownTable {
    private var rows: [[String]]

    init(_ columns: [String]) {
        rows = [columns]
    }

    mutating func add(_ row: [String]) {
        precondition(row.count == rows[0].count, "a row has a cell for every column")
        rows.append(row)
    }

    var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
        func line(_ row: [String]) -> String {
            "| "
                + zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: " | ")
                + " |"
        }
        let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|"
        return ([line(rows[0]), rule] + rows.dropFirst().map(line)).joined(separator: "\n")
    }
}
