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
