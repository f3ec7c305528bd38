import Foundation

/// The line that tells how a run is going: a bar, the step, smoothed losses, images per second and the time left.
///
/// Smoothing forgets with a time constant of twenty steps, so that one odd batch does not hide the trend.
package struct ProgressLine: Sendable {
    private var losses: [(task: String, value: Double)] = []
    private var secondsPerStep = 0.0
    private var waitShare = 0.0
    private var images = 0
    private var step = 0
    private var steps = 1
    private var seen = 0

    package init() {}

    /// Takes in one step: `seconds` in all, `waitSeconds` of them waiting for pictures.
    package mutating func add(
        step: Int, steps: Int, losses new: [(task: String, value: Double)], images: Int, seconds: Double,
        waitSeconds: Double
    ) {
        seen += 1
        // The first steps are averaged evenly; then old ones fade.
        let share = max(1 / Double(seen), 0.05)
        func smooth(_ old: Double, _ new: Double) -> Double { old + (new - old) * share }
        if losses.isEmpty { losses = new.map { ($0.task, $0.value) } }
        for index in losses.indices { losses[index].value = smooth(losses[index].value, new[index].value) }
        secondsPerStep = smooth(secondsPerStep, seconds)
        waitShare = smooth(waitShare, seconds > 0 ? waitSeconds / seconds : 0)
        (self.step, self.steps, self.images) = (step, steps, images)
    }

    /// The line for a terminal of `columns` columns.
    package func bar(columns: Int) -> String {
        let width = 20
        let filled = steps > 0 ? width * step / steps : 0
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        return String("\(bar) \(text)".prefix(max(20, columns - 1)))
    }

    /// The line without a bar, for a log.
    package var text: String {
        let values = losses.map { "\($0.task) \(format($0.value))" }.joined(separator: "  ")
        let speed = secondsPerStep > 0 ? Double(images) / secondsPerStep : 0
        let left = Double(steps - step) * secondsPerStep
        let wait = waitShare > 0.05 ? String(format: "  waiting for pictures %.0f %%", waitShare * 100) : ""
        return "step \(step)/\(steps)  \(values)  \(format(speed)) images/s  \(duration(left)) left\(wait)"
    }

    private func format(_ value: Double) -> String { String(format: "%.3g", value) }

    private func duration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "?" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return String(format: "%d:%02d min", whole / 60, whole % 60) }
        return String(format: "%d:%02d h", whole / 3600, whole / 60 % 60)
    }
}
