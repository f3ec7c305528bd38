import Foundation
import Tasks
import Training

/// A run as lines of text: whether it is alive, how far it is, curves, last figures, checkpoints.
package struct RunScreen {
    private let folder: String
    private var history: RunHistory
    private var now: Date

    /// - Throws: `FileSystemError` and `UsageError` where the folder holds no recorded run.
    package init(folder: String, now: Date = Date()) throws {
        self.folder = folder
        self.now = now
        history = try RunHistory(folder: folder)
    }

    /// Takes in what was written since; the files of a long run are large, and are read once.
    ///
    /// - Throws: as `init`.
    package mutating func refresh(now: Date = Date()) throws {
        self.now = now
        try history.refresh()
    }

    /// Whether a process still writes.
    package var isRunning: Bool { history.state == .running }

    /// The lines for a terminal of `columns` columns; none is longer.
    package func text(columns: Int) -> String {
        let lines = [head, bar(columns), ""] + tasks(columns) + [""] + foot
        return lines.map { String($0.prefix(columns)) }.joined(separator: "\n")
    }

    private var steps: Int { history.sessions.last?.steps ?? history.step }

    private var head: String {
        let quiet = history.end.map { Figure.duration(now.timeIntervalSince($0)) } ?? "?"
        let state =
            switch history.state {
            case .running: "alive, last heard of \(quiet) ago"
            case .finished: "finished \(quiet) ago"
            case .stopped: "stopped \(quiet) ago; the same command with --resume goes on"
            }
        return "\(folder): \(state)"
    }

    private func bar(_ columns: Int) -> String {
        let width = max(10, min(40, columns - 50))
        let filled = steps > 0 ? width * min(history.step, steps) / steps : 0
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        var parts = ["\(bar) \(history.step)/\(steps)"]
        let recent = history.imagesPerSecond.suffix(20).map(\.value)
        if let session = history.sessions.last, !recent.isEmpty {
            let speed = recent.reduce(0, +) / Double(recent.count)
            parts.append("\(Figure.short(speed)) images/s")
            if isRunning, speed > 0 {
                parts.append("\(Figure.duration(Double((steps - history.step) * session.batch) / speed)) left")
            }
            if session.ranks > 1 {
                parts.append("\(session.ranks) ranks")
                let shares = history.communicationShare.suffix(20).map(\.value)
                if !shares.isEmpty {
                    parts.append("communication \(Figure.percent(shares.reduce(0, +) / Double(shares.count)))")
                }
            }
        }
        return parts.joined(separator: "  ")
    }

    private func tasks(_ columns: Int) -> [String] {
        let names = history.tasks.map(\.name.count).max() ?? 0
        let lines = history.tasks.flatMap { task -> [(name: String, values: [Double], text: String)] in
            let recent = task.losses.suffix(20).map(\.value)
            let loss = recent.isEmpty ? "" : Figure.short(recent.reduce(0, +) / Double(recent.count))
            var lines = [(task.name, task.losses.map(\.value), "loss \(loss)")]
            if let metric = task.metrics.first, let last = metric.points.last {
                let constant = metric.constant.map { " (constant \(metric.unit.text($0)))" } ?? ""
                lines.append(
                    ("", metric.points.map(\.value), "\(metric.title) \(metric.unit.text(last.value))\(constant)"))
            }
            return lines
        }
        // Curves take the room that names and figures leave.
        let width = max(8, min(48, columns - names - 4 - (lines.map(\.text.count).max() ?? 0)))
        return lines.map { name, values, text in
            "\(padded(name, names))  \(padded(Sparkline.text(values, width: width), width))  \(text)"
        }
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private var foot: [String] {
        let saved = history.checkpoints.suffix(3).map { "\($0.step)" }.joined(separator: ", ")
        let checkpoints = "checkpoints: " + (saved.isEmpty ? "none yet" : "after \(saved)")
        return [checkpoints] + (history.course.map { [$0.text] } ?? [])
            + history.damages.map { "not read to its end: \($0)" }
    }

    /// The same for programs, to be encoded with keys in snake case.
    package var summary: Summary {
        Summary(
            state: "\(history.state)", step: history.step, steps: steps,
            secondsSinceLastEvent: history.end.map { now.timeIntervalSince($0) },
            checkpoints: history.checkpoints.map(\.step), bestBy: history.course?.criterion.key,
            bestStep: history.course?.best?.step, bestValue: history.course?.best?.value,
            validationsWithoutGain: history.course?.withoutGain, endedEarly: history.course?.hasEnded,
            rows: history.tasks.map { task in
                Summary.Row(
                    task: task.name, loss: number(task.losses.last?.value), metric: task.metrics.first?.name,
                    unit: task.metrics.first?.unit.rawValue, value: number(task.metrics.first?.points.last?.value),
                    constant: number(task.metrics.first?.constant))
            })
    }

    /// JSON has no infinity and no NaN, which a loss that diverged is.
    private func number(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }

    /// The state of a run and its last figures.
    package struct Summary: Encodable, Sendable {
        package let state: String
        package let step: Int
        package let steps: Int
        package let secondsSinceLastEvent: Double?
        package let checkpoints: [Int]
        /// By what validations are compared, which was the best and what it reached, and whether the run ended because there
        /// was no gain; nil in runs that do not ask.
        package let bestBy: String?
        package let bestStep: Int?
        package let bestValue: Double?
        package let validationsWithoutGain: Int?
        package let endedEarly: Bool?
        package let rows: [Row]

        /// A task's last loss and figure; nil where there is none yet, or no number.
        package struct Row: Encodable, Sendable {
            package let task: String
            package let loss: Double?
            package let metric: String?
            package let unit: String?
            package let value: Double?
            package let constant: Double?
        }
    }
}
