import Datasets
import Foundation
import Training

extension DataReport {
    /// A line for the pictures and one or more for each task: what its labels hold. Empty where samples are drawn.
    package var summary: String {
        guard let whole else { return "" }
        var lines: [String] = []
        if let heights = whole.sizes.heights, let widths = whole.sizes.widths {
            lines.append("pictures: \(Self.range(heights)) x \(Self.range(widths)) pixels, height x width")
        }
        for labels in whole.labels {
            let count = labelCount(of: labels.task)
            if count.labels < count.samples {
                lines.append("\(labels.task.name): \(count.labels) of \(count.samples) samples have a label")
            }
            lines += Self.lines(labels, classes: training.classNames(of: labels.task))
        }
        return lines.joined(separator: "\n")
    }

    /// The problems by kind, as kinds were met: of each the first few, and how many more there are.
    package func problemLines(of each: Int = 3) -> [String] {
        var kinds: [String] = []
        var lines: [String: [String]] = [:]
        var counts: [String: Int] = [:]
        for problem in problems {
            if counts[problem.kind] == nil { kinds.append(problem.kind) }
            counts[problem.kind, default: 0] += 1
            if counts[problem.kind]! <= each { lines[problem.kind, default: []].append(problem.description) }
        }
        return kinds.flatMap { kind in
            let others = counts[kind]! - each
            return lines[kind]! + (others > 0 ? ["and \(others) more like the last one"] : [])
        }
    }

    /// The figures of one task, in words.
    static func lines(_ labels: LabelSummary, classes: [String]) -> [String] {
        let known = labels.knownShare.map { percent($0) } ?? "—"
        let head = "\(labels.task.name): \(known) known"
        guard labels.knownCount > 0 else { return [head] }
        switch labels.task.kind.content {
        case .classes:
            return ["\(head); \(shares(of: classes, labels))"]
        case .shares:
            let shares = labels.scoreCounts.enumerated().map { channel, count in
                let name = labels.scoreCounts.count > 1 ? "\(labels.task.channelName(channel)) " : ""
                return name + (count.known == 0 ? "—" : percent(Double(count.isTrue) / Double(count.known)))
            }
            return ["\(head); above one half: \(shares.joined(separator: ", "))"]
        case .vectors:
            let lengths = labels.numbers[0]
            let away = percent(labels.facingAwayShare)
            return [
                "\(head); length \(number(lengths.quantile(0.5))) (\(number(lengths.least)) to "
                    + "\(number(lengths.greatest))); facing away from the camera: \(away)"
            ]
        case .metres:
            let metres = labels.numbers[0]
            return [
                "\(head); \(number(metres.least)) to \(number(metres.greatest)) m, median \(number(metres.quantile(0.5))) m, "
                    + "99 % below \(number(metres.quantile(0.99))) m"
            ]
        case .numbers:
            return [head]
                + labels.numbers.enumerated().map { channel, numbers in
                    let name = "\(labels.task.name) \(labels.task.channelName(channel))"
                    guard numbers.count > 0 else { return "  \(name): —" }
                    return "  \(name): \(number(numbers.least)) to \(number(numbers.greatest)), median "
                        + "\(number(numbers.quantile(0.5))), 1 % below \(number(numbers.quantile(0.01))), 1 % above "
                        + number(numbers.quantile(0.99))
                }
        }
    }

    /// The share of every class, or of the largest where there are many, and how many are never seen.
    private static func shares(of classes: [String], _ labels: LabelSummary) -> String {
        let most = 20
        let unseen = labels.classCounts.count { $0 == 0 }
        let isShort = classes.count <= most
        let shown =
            isShort
            ? Array(classes.indices)
            : classes.indices.sorted {
                (labels.classCounts[$1], $0) < (labels.classCounts[$0], $1)
            }.prefix(most).filter { labels.classCounts[$0] > 0 }
        let shares = shown.map { index in
            let count = labels.classCounts[index]
            return count == 0
                ? "\(classes[index]) never" : "\(classes[index]) \(percent(Double(count) / Double(labels.knownCount)))"
        }
        let rest = classes.count - shown.count - unseen
        return
            (shares + (isShort || rest == 0 ? [] : ["\(rest) more"])
            + (isShort || unseen == 0 ? [] : ["\(unseen) never"]))
            .joined(separator: ", ")
    }

    private static func range(_ range: ClosedRange<Int>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }

    private static func number(_ value: Float?) -> String { value.map { Figure.short(Double($0)) } ?? "—" }

    /// A share with a digit behind the point, so that one in a thousand shows.
    private static func percent(_ share: Double) -> String { Figure.fixed(100 * share, digits: 1) + " %" }
}
