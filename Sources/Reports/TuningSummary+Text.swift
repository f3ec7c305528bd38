import Foundation
import Training

extension TuningSummary {
    /// A line of the whole, and one for each pass that takes another algorithm than was predicted.
    package var text: String {
        func number(_ value: Double) -> String { String(format: value < 100 ? "%.3g" : "%.0f", value) }
        let whole =
            "convolutions tuned in \(number(seconds)) s: \(measured) passes measured, \(known) known, "
            + "\(changes.count) otherwise than predicted, which saves \(number(savedMilliseconds)) of "
            + "\(number(predictedMilliseconds)) ms for each image on one thread"
        let rows = changes.map { change in
            "  \(change.pass)\(change.layers > 1 ? ", \(change.layers) layers" : ""): \(change.fastest), "
                + "\(number(change.fastestMilliseconds)) ms, not \(change.predicted), "
                + "\(number(change.predictedMilliseconds)) ms"
        }
        return ([whole] + rows).joined(separator: "\n")
    }
}
