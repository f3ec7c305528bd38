import Datasets
import Foundation
import Tasks

extension RunReport {
    /// What was reached, beside the best constant prediction and the baselines.
    var metrics: String {
        guard history.tasks.contains(where: { !$0.metrics.isEmpty }) else { return "" }
        var table = HTMLTable(
            ["task and metric", "reached", "best constant", "of the way"]
                + baselines.flatMap { [escaped($0.name), "Δ"] })
        for task in history.tasks {
            for (index, metric) in task.metrics.enumerated() where !metric.points.isEmpty {
                let label =
                    index == 0
                    ? "\(dotted(task.name)) \(escaped(metric.title))"
                    : "<span class=\"sub\">\(escaped(metric.title))</span>"
                let last = metric.points.last!.value
                let reached = escaped(metric.unit.text(last))
                var cells = [
                    label, index == 0 ? "<b>\(reached)</b>" : reached,
                    metric.constant.map { escaped(metric.unit.text($0)) } ?? "",
                    metric.comparison.map { Figure.percent($0.progress) } ?? "",
                ]
                for baseline in baselines {
                    let other = Self.value(of: metric, of: task, in: baseline.history)
                    let change = other.flatMap { metric.result(last).improvementPercent(over: metric.result($0)) }
                    cells += [other.map { escaped(metric.unit.text($0)) } ?? "", change.map(Self.signed) ?? ""]
                }
                table.add(cells)
            }
        }
        var means = baselines.map { improvement(over: [$0.history]) }
        // Where each baseline has other tasks, all of them are one: a fleet, as single-task networks are.
        if baselines.count > 1, let whole = improvement(over: baselines.map(\.history)) {
            means[means.count - 1] = whole
        }
        if means.contains(where: { $0 != nil }) {
            table.add(
                ["<b>Δm</b>", "", "", ""]
                    + means.flatMap { ["", $0.map { "<b>\(Self.signed($0))</b>" } ?? ""] })
        }
        let explanation =
            baselines.isEmpty
            ? "The first metric of a task stands for it."
            : "Δ is the relative gain over the run beside it, signed so that more is better; Δm is its mean over the "
                + "tasks, by the figure that stands for each: the first, or the one that tasks.NAME.metric says. Runs of "
                + "single tasks are one baseline together."
        return """
            <section><h2>Metrics</h2><p class="note">On the validation samples. “Of the way” is the share of the way \
            from the best constant prediction to a perfect one. \(explanation)</p>\(table.html)</section>
            """
    }

    /// Δm of this run; nil unless exactly one of the baselines has each of its tasks.
    private func improvement(over baselines: [RunHistory]) -> Double? {
        let terms = history.tasks.compactMap { task -> RelativeImprovement.Term? in
            guard let learned = configuration.tasks.first(where: { $0.name == task.name })?.task,
                let metric = RelativeImprovement.figure(of: learned, in: task.metrics, named: \.name),
                let last = metric.points.last, last.value.isFinite
            else { return nil }
            let others = baselines.compactMap { Self.value(of: metric, of: task, in: $0) }
            guard others.count == 1, others[0].isFinite else { return nil }
            return RelativeImprovement.Term(
                task: task.name, achieved: metric.result(last.value), baseline: metric.result(others[0]))
        }
        return terms.count == history.tasks.count ? RelativeImprovement(terms).percent : nil
    }

    /// What another run reached last in a metric of this one.
    private static func value(
        of metric: RunHistory.Metric, of task: RunHistory.Task, in other: RunHistory
    ) -> Double? {
        other.tasks.first { $0.name == task.name }?.metrics
            .first { $0.name == metric.name && $0.unit == metric.unit }?.points.last?.value
    }

    private static func signed(_ percent: Double) -> String {
        String(format: "<span class=\"%@\">%+.2f %%</span>", percent < 0 ? "down" : "up", percent)
    }
}
