import Foundation

/// What is told while a filter bank is pretrained.
package enum PretrainingProgress: Sendable, CustomStringConvertible {
    /// `loss` is the mean over the steps since the last report, and so are the images per second.
    case trained(steps: Int, of: Int, loss: Double, imagesPerSecond: Double, secondsLeft: Double)
    /// On the validation's pictures.
    case validated(steps: Int, ClassificationAccuracy)

    package var description: String {
        switch self {
        case .trained(let steps, let all, let loss, let speed, let left):
            let (minutes, seconds) = Int(left.rounded(.up)).quotientAndRemainder(dividingBy: 60)
            return "step \(steps)/\(all)  loss \(decimal(loss, places: 4))  \(decimal(speed, places: 1)) images/s  "
                + "\(minutes) min \(seconds) s left"
        case .validated(let steps, let accuracy):
            return "step \(steps)  top-1 accuracy \(decimal(accuracy.top1, places: 4))  "
                + "top-5 \(decimal(accuracy.top5, places: 4))"
        }
    }

    private func decimal(_ value: Double, places: Int) -> String {
        value.formatted(.number.precision(.fractionLength(places)).grouping(.never).locale(Locale(identifier: "C")))
    }
}
