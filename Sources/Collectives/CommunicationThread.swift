import CSharedMemory
import Glibc
import TensorCore

/// The one thread of a rank that talks to other ranks while the others compute.
///
/// Long operations (gradients) are submitted and run one after the other in the background; short ones that the
/// computation needs at once (sums of batch normalization, counts) are run: they go first, and their communicator is
/// another one. Nothing is allocated once the queue has grown to the number of operations of a step.
///
/// After an error every operation ends at once without doing anything, and every wait throws that error.
///
/// To be made before a pinned thread pool, whose creation narrows where the calling thread's children may run.
package final class CommunicationThread: @unchecked Sendable {
    // Everything that is shared lies in `loop`, behind its monitor.
    private let loop = Loop()
    private let handle: pthread_t

    /// - Throws: ``CollectiveError`` when the system gives no thread.
    package init(host: String = "this host") throws(CollectiveError) {
        let body = Unmanaged.passRetained(loop)
        var handle = pthread_t()
        let code = pthread_create(
            &handle, nil,
            { argument in
                Unmanaged<Loop>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        guard code == 0 else {
            body.release()
            throw CollectiveError(
                operation: "starting the communication thread", rank: nil, host: host, code: code,
                reason: String(cString: strerror(code)), hint: "allow this user more threads (ulimit -u)")
        }
        self.handle = handle
    }

    deinit {
        loop.end()
        pthread_join(handle, nil)
    }

    /// Lets the operation run in the background after those submitted before. It must not be under way.
    package func submit(_ operation: CollectiveOperation) { loop.submit(operation) }

    /// Runs the operation before all that are submitted, and waits for its end.
    package func run(_ operation: CollectiveOperation) throws(CollectiveError) {
        loop.runFirst(operation)
        if let failure { throw failure }
    }

    /// Waits until a submitted operation is over.
    package func wait(for operation: CollectiveOperation) throws(CollectiveError) {
        loop.wait(for: operation)
        if let failure { throw failure }
    }

    /// Waits until all submitted operations are over.
    package func wait() throws(CollectiveError) {
        loop.waitForAll()
        if let failure { throw failure }
    }

    /// Calls `body` on the thread and waits for its end; for operations of start-up and validation, that wait. Nothing
    /// submitted may be under way.
    package func perform(_ body: () throws(CollectiveError) -> Void) throws(CollectiveError) {
        try wait()
        try withoutActuallyEscaping(body) { body throws(CollectiveError) in
            try run(WaitingOperation(body))
        }
    }

    /// The first error, if there was one.
    package var failure: CollectiveError? { loop.locked { $0.failure } }

    /// What the thread is doing, and since when in nanoseconds of the monotonic clock; nil when it has nothing to do.
    package var activity: (name: String, since: Int64)? {
        loop.locked { loop in (loop.first ?? loop.active).map { ($0.name, $0.began) } }
    }

    /// Nanoseconds that callers have waited in `run` and in `wait`, since the thread was made.
    package var waited: (run: Int64, wait: Int64) { loop.locked { ($0.waitedInRun, $0.waitedInWait) } }
}

/// A body that waits inside its only move.
private final class WaitingOperation: CollectiveOperation {
    private let body: () throws(CollectiveError) -> Void

    init(_ body: @escaping () throws(CollectiveError) -> Void) {
        self.body = body
        super.init(name: "communication outside of steps")
    }

    override func move() throws(CollectiveError) -> Move {
        try body()
        return .complete
    }
}

/// What the thread and its callers share.
private final class Loop {
    private let monitor = Monitor()
    /// Submitted operations, a ring.
    private var queue = [CollectiveOperation?](repeating: nil, count: 16)
    private var head = 0
    private var queued = 0
    /// Asked to be run at once, and not yet seen by the thread.
    private var urgent: CollectiveOperation?
    /// Under way.
    private(set) var first: CollectiveOperation?
    private(set) var active: CollectiveOperation?
    private(set) var failure: CollectiveError?
    private(set) var waitedInRun: Int64 = 0
    private(set) var waitedInWait: Int64 = 0
    /// Callers that wait: while there are some, the thread does not sleep long.
    private var waiting = 0
    private var isEnding = false

    func locked<Result>(_ body: (Loop) -> Result) -> Result {
        monitor.lock()
        defer { monitor.unlock() }
        return body(self)
    }

    // MARK: Callers

    func submit(_ operation: CollectiveOperation) {
        monitor.lock()
        precondition(operation.requested == operation.completed, "\(operation.name) is under way")
        operation.requested += 1
        if queued == queue.count { grow() }
        queue[(head + queued) % queue.count] = operation
        queued += 1
        monitor.announce()
        monitor.unlock()
    }

    func runFirst(_ operation: CollectiveOperation) {
        let start = MonotonicClock.nanoseconds
        monitor.lock()
        precondition(operation.requested == operation.completed && urgent == nil, "\(operation.name) is under way")
        operation.requested += 1
        urgent = operation
        monitor.announce()
        waitLocked { operation.completed == operation.requested }
        waitedInRun += MonotonicClock.nanoseconds - start
        monitor.unlock()
    }

    func wait(for operation: CollectiveOperation) {
        let start = MonotonicClock.nanoseconds
        monitor.lock()
        waitLocked { operation.completed == operation.requested }
        waitedInWait += MonotonicClock.nanoseconds - start
        monitor.unlock()
    }

    func waitForAll() {
        let start = MonotonicClock.nanoseconds
        monitor.lock()
        waitLocked { queued == 0 && active == nil }
        waitedInWait += MonotonicClock.nanoseconds - start
        monitor.unlock()
    }

    func end() {
        monitor.lock()
        isEnding = true
        monitor.announce()
        monitor.unlock()
    }

    private func waitLocked(until isOver: () -> Bool) {
        waiting += 1
        while !isOver() { monitor.wait() }
        waiting -= 1
    }

    private func grow() {
        let ordered = (0..<queued).map { queue[(head + $0) % queue.count] }
        queue = ordered + [CollectiveOperation?](repeating: nil, count: queue.count)
        head = 0
    }

    // MARK: The thread

    func run() {
        mdl_allow_short_sleeps()
        var idleMoves = 0
        monitor.lock()
        while true {
            if first == nil, let next = urgent {
                urgent = nil
                first = next
                begin(next)
                idleMoves = 0
            }
            if active == nil, queued > 0 {
                active = queue[head]
                queue[head] = nil
                head = (head + 1) % queue.count
                queued -= 1
                begin(active!)
                idleMoves = 0
            }
            guard first != nil || active != nil else {
                if isEnding { break }
                monitor.wait()
                continue
            }
            var hasMoved = false
            if let operation = first, advance(operation, &hasMoved) { first = nil }
            if let operation = active, advance(operation, &hasMoved) { active = nil }
            if hasMoved {
                idleMoves = 0
            } else {
                idleMoves += 1
                pause(idleMoves)
            }
        }
        monitor.unlock()
    }

    private func begin(_ operation: CollectiveOperation) {
        guard failure == nil else { return }
        monitor.unlock()
        var seen: CollectiveError?
        do throws(CollectiveError) { try operation.start() } catch { seen = error }
        monitor.lock()
        if let seen { failure = seen }
    }

    /// Moves the operation on, with the lock given away meanwhile; whether it is over.
    private func advance(_ operation: CollectiveOperation, _ hasMoved: inout Bool) -> Bool {
        var isOver = failure != nil
        if !isOver {
            monitor.unlock()
            var seen: CollectiveError?
            do throws(CollectiveError) {
                switch try operation.advance() {
                case .none: break
                case .some: hasMoved = true
                case .complete: isOver = true
                }
            } catch {
                seen = error
                isOver = true
            }
            monitor.lock()
            if let seen { failure = seen }
        }
        if isOver {
            hasMoved = true
            operation.completed += 1
            monitor.announce()
        }
        return isOver
    }

    /// Between two looks that found nothing. While a caller waits its core is free, so looks follow each other at first;
    /// otherwise the core computes, and sleeps grow as long as nothing happens. Messages move on at looks only, so sleeps
    /// stay short.
    private func pause(_ idleMoves: Int) {
        guard waiting > 0 else {
            return monitor.wait(nanoseconds: min(Pause.longestSleep, Pause.sleep + idleMoves * 1_000))
        }
        guard idleMoves < Pause.looksBeforeSleep else { return monitor.wait(nanoseconds: Pause.sleep) }
        monitor.unlock()
        mdl_relax()
        monitor.lock()
    }
}
