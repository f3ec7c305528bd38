/// Training a filter bank left the finite numbers; nothing was written.
package enum PretrainingError: Error, CustomStringConvertible, Equatable {
    case nonFiniteLoss(Double, step: Int)
    /// The last update left a value that is not finite, though the loss before it was.
    case nonFiniteTensor(String)

    package var description: String {
        switch self {
        case .nonFiniteLoss(let loss, let step):
            "step \(step): the loss is \(loss), so nothing was written; lower training.learning_rate"
        case .nonFiniteTensor(let name):
            "\(name) holds values that are not finite after the last step, so nothing was written; "
                + "lower training.learning_rate"
        }
    }
}
