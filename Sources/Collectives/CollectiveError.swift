/// An operation between ranks failed: which, on whom, why, and what to do about it.
package struct CollectiveError: Error, CustomStringConvertible, Equatable {
    /// What was tried, such as "broadcast".
    package let operation: String
    /// The rank that saw the error; nil before ranks are known.
    package let rank: Int?
    /// The host of that rank.
    package let host: String
    /// The code of the library underneath, or the `errno` of the system.
    package let code: Int32
    /// What the library says.
    package let reason: String
    package let hint: String

    package init(operation: String, rank: Int?, host: String, code: Int32, reason: String, hint: String) {
        self.operation = operation
        self.rank = rank
        self.host = host
        self.code = code
        self.reason = reason
        self.hint = hint
    }

    package var description: String {
        let place = rank.map { "rank \($0) on \(host)" } ?? host
        return "\(operation) failed on \(place): \(reason) (code \(code)); \(hint)"
    }
}
