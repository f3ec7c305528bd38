import ConvolutionEngine
import TensorCore

/// Something that ranks do together in several moves, none of which waits. Made once and run in every step.
///
/// Subclasses move it on; a ``CommunicationThread`` runs it.
package class CollectiveOperation {
    /// How far a move came.
    enum Move {
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

    final func start() throws(CollectiveError) {
        began = MonotonicClock.nanoseconds
        try begin()
    }

    final func advance() throws(CollectiveError) -> Move {
        let move = try move()
        if case .complete = move { ended = MonotonicClock.nanoseconds }
        return move
    }

    /// Runs the operation on the calling thread to its end.
    package final func runAndWait() throws(CollectiveError) {
        try start()
        var pause = Pause()
        while true {
            switch try advance() {
            case .complete: return
            case .some: pause = Pause()
            case .none: pause.next()
            }
        }
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

    /// Bytes that this rank sends to others in a run, as an ideal reduction does.
    package var byteCount: Int {
        2 * (communicator.size - 1) * count * MemoryLayout<Int64>.stride / communicator.size
    }

    override func begin() throws(CollectiveError) {
        request = try communicator.startAllReduce(values, count: count, .int64)
    }

    override func move() throws(CollectiveError) -> Move {
        try communicator.test(request!) ? .complete : .none
    }
}

/// Brings the partial sums of all maximal subtrees of the global batch to all ranks, in the order of samples, so that
/// every rank folds them along the same tree: batch normalization's sums, and losses.
///
/// The partials lie in one buffer, [subtrees of all shards][values]; every rank writes its own from partial
/// `tree.firstSubtree` on before the operation, and finds those of the others in their places after it.
package final class OrderedGather: CollectiveOperation {
    private let communicator: any Communicator
    private let partials: UnsafeMutableRawPointer
    private let layout: BlockLayout
    private var request: CollectiveRequest?

    /// - Parameters:
    ///   - communicator: of the ranks that hold the shards of `tree`, in order.
    ///   - partials: room for `tree.subtreeMerges.count` × `valuesPerSubtree` values.
    package init(
        name: String, communicator: any Communicator, tree: ReductionTree, partials: UnsafeMutablePointer<Double>,
        valuesPerSubtree: Int
    ) {
        precondition(tree.subtreesOfShards.count == communicator.size, "one shard per rank")
        self.communicator = communicator
        self.partials = UnsafeMutableRawPointer(partials)
        layout = BlockLayout(tree.subtreesOfShards.map { $0 * valuesPerSubtree * MemoryLayout<Double>.stride })
        super.init(name: name)
    }

    /// Bytes that this rank sends to others in a run.
    package var byteCount: Int { Int(layout.counts[communicator.rank]) * (communicator.size - 1) }

    override func begin() throws(CollectiveError) {
        request = try communicator.startAllGather(nil, into: partials, layout)
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
