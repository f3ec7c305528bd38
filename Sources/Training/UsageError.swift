import TensorCore

/// A command that cannot be carried out as it was given, in one sentence that says what to change.
package struct UsageError: RequestError {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
