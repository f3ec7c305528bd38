/// The last update left values that are not finite, though the loss before it was; no bank was written.
package struct NonFiniteBankError: Error, CustomStringConvertible, Equatable {
    package let tensor: String

    package var description: String {
        "\(tensor) holds values that are not finite after the last step, so no bank was written; start a new run with a "
            + "smaller training.learning_rate"
    }
}
