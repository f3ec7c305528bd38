import Foundation
import Training

/// The line that tells how a run is going: a bar, the step, smoothed losses, images per second and the time left.
///
/// The mean forgets with a time constant of twenty steps, so that one odd batch does not hide the trend.
package struct ProgressLine: Sendable {
    private var losses: [(task: String, value: Double)] = []
    private var secondsPerStep = 0.0
    private var waitShare = 0.0
    private var communicationShare = 0.0
    private var images = 0
    private var ranks = 1
    private var step = 0
    private var steps = 1
    private var seen = 0

    package init() {}

    /// Takes in one step.
    package mutating func add(_ report: StepReport) {
        seen += 1
        // The first steps are averaged evenly; then old ones fade.
        let share = max(1 / Double(seen), 0.05)
        func smooth(_ old: Double, _ new: Double) -> Double { old + (new - old) * share }
        if losses.isEmpty { losses = report.losses }
        for index in losses.indices { losses[index].value = smooth(losses[index].value, report.losses[index].value) }
        secondsPerStep = smooth(secondsPerStep, report.seconds)
        waitShare = smooth(waitShare, report.seconds > 0 ? report.waitSeconds / report.seconds : 0)
        communicationShare = smooth(
            communicationShare, report.seconds > 0 ? report.communicationSeconds / report.seconds : 0)
        (step, steps, images, ranks) = (report.step, report.steps, report.images, report.ranks)
    }

    /// The line for a terminal of `columns` columns: as much as fits, what matters most first to stay; the bar takes what
    /// room is left.
    ///
    /// - Parameter isColored: whether escape sequences for colours may stand in it; they take no column.
    package func bar(columns: Int, isColored: Bool = false) -> String {
        // The last column stays free: some terminals wrap when it is written.
        var room = max(columns - 1, 0)
        var kept: Set<Int> = []
        let parts = parts
        for index in parts.indices.sorted(by: { parts[$0].rank < parts[$1].rank }) {
            let need = parts[index].text.count + (kept.isEmpty ? 0 : 2)
            guard need <= room else { break }
            room -= need
            kept.insert(index)
        }
        var shown = parts.indices.filter(kept.contains).map { (parts[$0].text, parts[$0].style) }
        let width = min(20, room - 2)
        if width >= 6 {
            let filled = steps > 0 ? width * step / steps : 0
            let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
            shown.insert((bar, "36"), at: 0)
        }
        return shown.map { text, style in
            isColored && style != "" ? "\u{1B}[\(style)m\(text)\u{1B}[0m" : text
        }.joined(separator: "  ")
    }

    /// The line without a bar, for a log.
    package var text: String {
        "step " + parts.map(\.text).joined(separator: "  ")
    }

    /// What stands in the line, from left to right; the smallest rank is the last to go.
    private var parts: [(text: String, rank: Int, style: String)] {
        let speed = secondsPerStep > 0 ? Double(images) / secondsPerStep : 0
        let values = losses.map { "\($0.task) \(Figure.steady($0.value))" }.joined(separator: "  ")
        var parts = [
            ("\(step)/\(steps)", 0, "1"), ("mean loss \(values)", 1, ""), ("\(Figure.short(speed)) images/s", 3, "2"),
        ]
        if ranks > 1 { parts.append(("\(Figure.short(speed / Double(ranks))) per rank", 6, "2")) }
        parts.append(("\(Figure.duration(Double(steps - step) * secondsPerStep)) left", 2, "32"))
        if ranks > 1 { parts.append(("communication \(Figure.percent(communicationShare))", 4, "33")) }
        if waitShare > 0.05 { parts.append(("waiting for pictures \(Figure.percent(waitShare))", 5, "33")) }
        return parts
    }
}
