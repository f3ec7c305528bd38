import Collectives
import Glibc
import Synchronization

/// Runs `body` on one thread per rank and returns their results in order.
///
/// Ranks that wait for each other for ever end the program after two minutes: memory of their test is in their hands, so
/// that it cannot go on without them.
package func onRanks<Result>(
    _ count: Int, ranksOfNodes: [Int]? = nil, _ body: @escaping (ThreadCommunicator) throws -> Result
) throws -> [Result] {
    let communicators = ThreadCommunicator.world(ranksOfNodes: ranksOfNodes ?? [count])
    let work = Work(communicators, body)
    let threads = (0..<count).map { rank in
        var handle = pthread_t()
        let argument = Unmanaged.passRetained(Work<Result>.Item(work: work, rank: rank))
        let code = pthread_create(
            &handle, nil,
            { argument in
                Unmanaged<AnyWorkItem>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, argument.toOpaque())
        precondition(code == 0, "the system gives threads")
        return handle
    }
    let end = ContinuousClock.now + .seconds(120)
    while work.ended.load(ordering: .acquiring) < count {
        if ContinuousClock.now > end { fatalError("of \(count) ranks, some have not ended within two minutes") }
        usleep(200)
    }
    for thread in threads { pthread_join(thread, nil) }
    return try (0..<count).map { try work.results[$0]!.get() }
}

private class AnyWorkItem {
    func run() {}
}

/// Every rank writes its own place, and the places are read when all threads have ended.
private final class Work<Result> {
    final class Item: AnyWorkItem {
        let work: Work
        let rank: Int

        init(work: Work, rank: Int) {
            self.work = work
            self.rank = rank
        }

        override func run() {
            (work.results + rank).pointee = Swift.Result { try work.body(work.communicators[rank]) }
            _ = work.ended.wrappingAdd(1, ordering: .releasing)
        }
    }

    let communicators: [ThreadCommunicator]
    let body: (ThreadCommunicator) throws -> Result
    let results: UnsafeMutablePointer<Swift.Result<Result, Error>?>
    /// Ranks whose result is there.
    let ended = Atomic<Int>(0)
    private let count: Int

    init(_ communicators: [ThreadCommunicator], _ body: @escaping (ThreadCommunicator) throws -> Result) {
        self.communicators = communicators
        self.body = body
        count = communicators.count
        results = .allocate(capacity: count)
        results.initialize(repeating: nil, count: count)
    }
}
