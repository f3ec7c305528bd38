import Foundation
import Tasks
import Training

/// Tells a person how a training run goes: on a terminal by one line that is rewritten, else by plain lines.
package final class TrainingLog {
    private let write: (String) -> Void
    private let columns: () -> Int?
    private let isColored: Bool
    private let logEvery: Int
    private var progress = ProgressLine()
    private var lineIsOpen = false

    /// - Parameters:
    ///   - columns: of the terminal as it is now; nil where the output is none.
    ///   - isColored: whether the terminal's line may have colours.
    ///   - logEvery: steps between plain lines.
    ///   - write: where text goes.
    package init(
        columns: @escaping () -> Int?, isColored: Bool = false, logEvery: Int, write: @escaping (String) -> Void
    ) {
        self.columns = columns
        self.isColored = isColored
        self.logEvery = logEvery
        self.write = write
    }

    /// Tells of one event at once; those of which there is nothing to read in a terminal are passed over.
    package func observe(_ event: TrainingEvent) {
        switch event {
        case .started(let summary): started(summary)
        case .stepped(let report): stepped(report)
        case .communicated(let traffic): line(Self.text(traffic))
        case .validated(let step, let scores):
            let figures = scores.map { "\($0.task) \($0.results.first.map(Self.figure) ?? "nothing known")" }
            line("validation after step \(step): " + figures.joined(separator: ", "))
        case .judged(_, let course): line(course.text)
        case .savedCheckpoint(_, let path): line("saved \(path)")
        case .noticed(let text): line("note: \(text)")
        case .pictured, .distributed, .timed, .finished, .stopped: break
        }
    }

    private func started(_ summary: TrainingSummary) {
        let tasks = summary.parameters.map { "\($0.task) \(Figure.count($0.count))" }.joined(separator: ", ")
        line(
            "\(summary.step == 0 ? "training" : "resuming after step \(summary.step):") \(summary.steps) steps of "
                + "\(summary.batch) images, \(summary.ranks == 1 ? "" : "\(summary.ranks) ranks of ")"
                + "\(Figure.number(summary.threads, "thread")), \(summary.instructionSet)")
        if !summary.groups.isEmpty {
            let groups = summary.groups.map { group in
                let ranks = group.ranks.map(String.init)
                return "\(group.tasks.joined(separator: ", ")) on "
                    + (ranks.count == 1 ? "rank \(ranks[0])" : "ranks \(ranks[0]) to \(ranks.last!)")
            }
            line("task groups: \(groups.joined(separator: "; "))")
        }
        let bank = summary.bankParameters > 0 ? "; shared bank \(Figure.count(summary.bankParameters))" : ""
        line("parameters: \(tasks)\(bank); activations \(ByteText.of(summary.arenaByteCount))")
    }

    private static func text(_ traffic: StepTraffic) -> String {
        String(
            format:
                "sent per rank and step: %.0f bytes of gradients (%.0f by the formula: %.0f × %.4g, at best × %.4g), "
                + "%.0f bytes of batch-norm sums, losses and counts",
            traffic.gradientBytesSentPerStep, traffic.expectedGradientBytesPerStep, traffic.gradientBytes,
            traffic.factor, traffic.leastFactor, traffic.sumBytesSentPerStep)
    }

    private func stepped(_ report: StepReport) {
        progress.add(report)
        if let columns = columns() {
            write("\r\u{1B}[K" + progress.bar(columns: columns, isColored: isColored))
            lineIsOpen = true
        } else if report.step % logEvery == 0 || report.step == report.steps {
            line(progress.text)
        }
    }

    private func line(_ text: String) {
        if lineIsOpen { write("\n") }
        lineIsOpen = false
        write(text + "\n")
    }

    /// The closing table: every task's metric beside the constant predictor's.
    package static func table(_ result: TrainingResult) -> String {
        var table = TextTable(columns: ["task", "metric", "reached", "constant", "of the way", "parameters"])
        for task in result.tasks {
            let (reached, comparison) = (task.results.first, task.comparison)
            table.add([
                task.name, reached?.name ?? "nothing known", reached.map(value) ?? "",
                comparison.map { value($0.constant) } ?? "", comparison.map { Figure.percent($0.progress) } ?? "",
                Figure.count(task.parameters),
            ])
        }
        return table.text
    }

    private static func figure(_ result: MetricResult) -> String { "\(result.name) \(value(result))" }

    static func value(_ result: MetricResult) -> String { result.unit.text(result.value) }
}
