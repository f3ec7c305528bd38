import TensorCore

/// Something that ranks do together in several moves, none of which waits. Made once and run in every step.
///
/// Subclasses move it on; a ``CommunicationThread`` runs it.
package class CollectiveOperation {
    /// How far a move came.
    package enum Move {
        /// Other ranks have to do something first.
        case none
        case some
        case complete
    }

    /// As traces and complaints call it.
    package let name: String
    /// When the last run began and ended, in nanoseconds of the system's monotonic clock; to be read when it is over.
    package private(set) var began: Int64 = 0
    package private(set) var ended: Int64 = 0
    /// Runs that were asked for and runs that are over, guarded by the thread that runs it.
    var requested = 0
    var completed = 0

    init(name: String) {
        self.name = name
    }

    /// Goes back to the first move. All ranks begin the same operations of one communicator in the same order.
    func begin() throws(CollectiveError) {}

    /// Does what can be done without waiting.
    func move() throws(CollectiveError) -> Move { .complete }

    package final func start() throws(CollectiveError) {
        began = MonotonicClock.nanoseconds
        try begin()
    }

    package final func advance() throws(CollectiveError) -> Move {
        let move = try move()
        if case .complete = move { ended = MonotonicClock.nanoseconds }
        return move
    }
}

/// Adds whole numbers over all ranks, in place: counts of known pixels, and flags such as the wish to stop.
package final class IntegerSum: CollectiveOperation {
    private let communicator: any Communicator
    private let values: UnsafeMutablePointer<Int64>
    private let count: Int
    private var request: CollectiveRequest?

    /// - Parameter values: `count` numbers of this rank, and after the operation their sums.
    package init(name: String, communicator: any Communicator, values: UnsafeMutablePointer<Int64>, count: Int) {
        self.communicator = communicator
        self.values = values
        self.count = count
        super.init(name: name)
    }

    /// What this rank sends to others in a run, as an ideal reduction does.
    package var sent: SentData {
        var sent = SentData()
        sent.bytes = 2 * (communicator.size - 1) * count * MemoryLayout<Int64>.stride / communicator.size
        sent.messages = 2 * (Int.bitWidth - (communicator.size - 1).leadingZeroBitCount)
        return sent
    }

    override func begin() throws(CollectiveError) {
        request = try communicator.startAllReduce(values, count: count, .int64)
    }

    override func move() throws(CollectiveError) -> Move {
        try communicator.test(request!) ? .complete : .none
    }
}

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
