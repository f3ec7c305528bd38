import Collectives
import Configuration
import ConvolutionEngine
import Graph
import TensorCore

/// The ranks that train one network together, as one of them sees them; a process that was started on its own is a
/// team of one, which never communicates.
///
/// Everything is said through one thread of its own. Gradients and sums have a communicator each, because gradients leave
/// while the batch norms of earlier layers still exchange sums.
package final class RankTeam {
    package let rank: Int
    package let size: Int
    package let host: String
    /// What this rank may use of its node.
    package let processors: Processors
    let sums: any Communicator
    private let world: any Communicator
    /// The ranks in two levels; nil where there is nobody to talk to.
    private let nodes: NodeCommunicators?
    /// The team whose thread this one, a part of it, speaks through.
    private let whole: RankTeam?
    private var ownThread: CommunicationThread?
    private var thread: CommunicationThread? { whole == nil ? ownThread : whole!.thread }
    private let watchdog: Watchdog?
    /// What this rank has to warn of; see `takeNotices`.
    private var notices: [String] = []
    /// How long steps have waited for other ranks so far.
    private(set) var waitedSeconds = 0.0

    /// A team of one.
    package init() {
        let alone = LoopbackCommunicator()
        (rank, size, host, processors) = (0, 1, alone.host, .available())
        (world, nodes, sums, whole, ownThread, watchdog) = (alone, nil, alone, nil, nil, nil)
    }

    /// All ranks make their team at the same time, before their thread pools.
    ///
    /// - Parameters:
    ///   - available: what the process may use; ranks of a node that may use the same divide it, and the calling thread
    ///     is kept on its part, with all that it makes later. nil where ranks are threads of one process.
    ///   - watchdog: connected; it is told where this rank is.
    package init(
        _ communicator: any Communicator, sharing available: Processors? = nil, watchdog: Watchdog? = nil
    ) throws(CollectiveError) {
        self.watchdog = watchdog
        rank = communicator.rank
        size = communicator.size
        host = communicator.host
        (world, whole) = (communicator, nil)
        guard communicator.size > 1 else {
            (nodes, sums, ownThread) = (nil, communicator, nil)
            processors = available ?? .available()
            return
        }
        let nodes = try NodeCommunicators(communicator)
        if let available {
            let masks = try nodes.node.gather(available.list)
            let equal = masks.indices.filter { masks[$0] == masks[nodes.node.rank] }
            processors = available.slice(
                equal.firstIndex(of: nodes.node.rank)!, of: equal.count, quotaShares: masks.count)
            processors.bind()
        } else {
            processors = .available()
        }
        (self.nodes, sums) = (nodes, try communicator.duplicate())
        let thread = try CommunicationThread(host: communicator.host)
        ownThread = thread
        watchdog?.observeCommunication { [weak thread] in thread?.activity?.name }
    }

    /// The ranks of `team` that give the same number, in order. All ranks of `team` take part, and wait.
    init(partOf team: RankTeam, number: Int) throws(CollectiveError) {
        var made: (nodes: NodeCommunicators, sums: any Communicator)?
        try team.perform { world throws(CollectiveError) in
            let part = try world.split(color: number, key: world.rank)
            made = (try NodeCommunicators(part), try part.duplicate())
        }
        let nodes = made!.nodes
        (rank, size, host, processors) = (nodes.world.rank, nodes.world.size, team.host, team.processors)
        (world, self.nodes, sums, whole, watchdog) = (nodes.world, nodes, made!.sums, team, team.watchdog)
    }

    /// The last of `ranks` ranks, of which the others do not exist: all that is said to them is said at once, and nothing
    /// comes back. For plans of jobs that are larger than this machine.
    init(imagining ranks: Int, partOf whole: RankTeam? = nil) throws(CollectiveError) {
        let imagined = ImaginedCommunicator(ranks: ranks)
        (rank, size, host, processors) = (ranks - 1, ranks, imagined.host, .available())
        (world, nodes, sums) = (imagined, NodeCommunicators(imagined), imagined)
        (self.whole, watchdog) = (whole, nil)
        ownThread = whole == nil ? try CommunicationThread() : nil
    }

    package var isFirst: Bool { rank == 0 }

    /// Of all ranks, each once, in their order.
    var hosts: [String] { world.nodes.hosts }

    /// Whether this rank has the first rank's memory, and its clock.
    var sharesHostWithFirst: Bool { world.nodes.node(of: world.rank) == 0 }

    /// This rank's part of a batch, and the tree along which sums over the batch are formed.
    ///
    /// - Precondition: there are at least as many samples as ranks.
    package func share(_ samples: Int) -> (shard: Range<Int>, tree: ReductionTree) {
        let shards = Shards(samples: samples, ranks: size).ranges
        return (shards[rank], ReductionTree(shard: rank, of: shards))
    }

    /// Measures how fast the ranks add up gradients. All take part, and get the same figures.
    package func measure(_ benchmark: AllReduceBenchmark) throws(CollectiveError) -> AllReduceBenchmark.Measurement {
        if let thread { return try benchmark.run(world, thread: thread) }
        return try benchmark.run(world, thread: CommunicationThread(host: host))
    }

    /// Ends the thread; nothing may be said afterwards.
    package func leave() { ownThread = nil }

    /// Ends all ranks at once, after one of them failed where the others cannot know.
    package func abort(code: Int32) -> Never {
        watchdog?.end(code: code)
        world.abort(code: code)
    }

    /// Says where this rank is, for others to name when it is lost: the step, from 1 (0 before the first), and what it does.
    func report(step: Int, _ phase: RankPhase) { watchdog?.report(step: step, phase) }

    /// Lets ranks be silent for so long before they count as lost.
    func setStallLimit(seconds: Int) { watchdog?.setLimit(stallSeconds: seconds) }

    // MARK: In steps

    func submit(_ operation: CollectiveOperation) { thread?.submit(operation) }

    func run(_ operation: CollectiveOperation) throws(CollectiveError) {
        let start = ContinuousClock.now
        try thread?.run(operation)
        (whole ?? self).waitedSeconds += (ContinuousClock.now - start).seconds
    }

    func waitForAll() throws(CollectiveError) {
        let start = ContinuousClock.now
        try thread?.wait()
        (whole ?? self).waitedSeconds += (ContinuousClock.now - start).seconds
    }

    // MARK: Outside of steps

    /// A reduction of gradients as settings ask for it, or of sums; where memory cannot be shared that is noted. A team of
    /// one has none.
    ///
    /// - Parameters:
    ///   - samples: the batch of all ranks together.
    ///   - largestByteCount: of the largest bucket that will be reduced.
    ///   - messages: between nodes.
    func reduction(
        _ kind: ParallelSettings.Reduction, samples: Int, largestByteCount: Int,
        messages: ReproducibleReduction.Messages = .toAll
    ) throws(CollectiveError) -> any SampleReduction {
        let nodes = nodes!
        var made: (any SampleReduction)?
        try perform { world throws(CollectiveError) in
            switch kind {
            case .plain:
                made = PlainReduction(
                    communicator: try world.duplicate(), largestBucket: largestByteCount / MemoryLayout<Float>.stride)
            case .reproducible:
                let suitable = try ReproducibleReductions(
                    nodes, shards: Shards(samples: samples, ranks: world.size), largestByteCount: largestByteCount,
                    messages: messages)
                made = suitable.reduction
                if let refusal = suitable.refusal {
                    note("sums over ranks are formed without shared memory, which is slower", refusal)
                }
            }
        }
        return made!
    }

    /// Memory that all ranks read and none may write, held once per node where memory can be shared; where it cannot,
    /// every rank has a copy, which is noted.
    ///
    /// - Parameter fill: writes the bytes, on the ranks that `source` says.
    func sharedCopy(
        byteCount: Int, from source: NodeCopy.Source, fill: (UnsafeMutableRawPointer) -> Void
    ) throws -> AlignedMemory {
        guard let nodes, thread != nil else {
            let memory = AlignedMemory(byteCount: byteCount)
            fill(memory.base)
            memory.protect()
            return memory
        }
        var copy: NodeCopy?
        var failure: (any Error)?
        try perform { _ throws(CollectiveError) in
            do {
                copy = try NodeCopy(nodes, byteCount: byteCount, from: source) { fill($0.baseAddress!) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        let held = copy!
        if let refusal = held.refusal {
            note("every rank on \(host) keeps filters of its own", refusal)
        }
        return AlignedMemory(
            base: UnsafeMutableRawPointer(mutating: held.bytes.baseAddress!), byteCount: byteCount, owner: held)
    }

    /// A line for every rank: where it runs, and how.
    package func introductions(
        _ pool: ThreadPool, _ kernels: Kernels, library: String
    ) throws(CollectiveError) -> [String] {
        let threads = pool.threads
        let line =
            "rank \(rank) of \(size) on \(host): \(threads) \(threads == 1 ? "thread" : "threads") on processors "
            + "\(processors.list), \(kernels.instructionSet.rawValue), \(library)"
        return try gather(line)
    }

    /// Lets every rank do what some may have to refuse; then all refuse, for the reason of the first of them.
    func together<Result>(_ body: () throws(PlanningError) -> Result) throws -> Result {
        guard thread != nil else { return try body() }
        var result: Result?
        var reason: String?
        do throws(PlanningError) { result = try body() } catch { reason = error.description }
        if let first = try gather(reason).lazy.compactMap({ $0 }).first { throw UsageError(first) }
        return result!
    }

    /// Makes the filters ready that plans have asked for, once per node.
    func prepare(_ bank: PreparedBank) throws {
        try bank.prepare { byteCount, fill in
            try sharedCopy(byteCount: byteCount, from: .everyLeader, fill: fill)
        }
    }

    private func note(_ consequence: String, _ cause: CollectiveError) {
        if !notices.contains(where: { $0.hasPrefix(consequence) }) { notices.append("\(consequence): \(cause)") }
    }

    /// What ranks had to warn of since the last time, each thing once; the same on all ranks.
    package func takeNotices() throws(CollectiveError) -> [String] {
        defer { notices = [] }
        return try gather(notices).joined().reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// Compares what ranks have to have in common.
    package func agree(on items: [AgreementItem]) throws {
        guard thread != nil else { return }
        var failure: AgreementError?
        try perform { world throws(CollectiveError) in
            do throws(AgreementError) { try world.agree(on: items) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Brings one rank's bytes to all.
    package func broadcast(_ memory: AlignedMemory, from root: Int = 0) throws(CollectiveError) {
        try perform { world throws(CollectiveError) in
            try world.broadcast(
                UnsafeMutableRawBufferPointer(start: memory.base, count: memory.byteCount), from: root)
        }
    }

    /// Replaces every rank's floats by their means over ranks, added in double in the order of ranks.
    func average(_ memory: AlignedMemory) throws(CollectiveError) {
        let count = memory.byteCount / MemoryLayout<Float>.stride
        let all = try gather(Array(UnsafeBufferPointer(start: memory.floats(), count: count)))
        for index in 0..<count {
            let sum = all.reduce(0.0) { $0 + Double($1[index]) }
            memory.floats()[index] = Float(sum / Double(all.count))
        }
    }

    /// Sums over ranks of whole numbers, which are exact in any order.
    func sum(_ values: [Int64]) throws(CollectiveError) -> [Int64] {
        var sums = values
        try perform { world throws(CollectiveError) in try world.sum(&sums) }
        return sums
    }

    /// Every rank's value, in order of ranks, with the same bits on all of them.
    package func gather<Value: Codable>(_ value: Value) throws(CollectiveError) -> [Value] {
        guard thread != nil else { return [value] }
        var all: [Value] = []
        try perform { world throws(CollectiveError) in all = try world.gather(value) }
        return all
    }

    /// What `body` gives on the first rank, which alone runs it, with the same bits on all; when it fails, all fail.
    package func fromFirst<Value: Codable>(_ body: () throws -> Value) throws -> Value {
        guard thread != nil else { return try body() }
        var own = FirstRankOutcome<Value>()
        if isFirst {
            do {
                own.values = [try body()]
            } catch {
                own.failure = FirstRankError(description: "\(error)", isRequest: error is any RequestError)
            }
        }
        let outcome = try gather(own)[0]
        if let failure = outcome.failure { throw failure }
        return outcome.values[0]
    }

    /// Lets the first rank do what only one may do, such as writing files; when it fails, all fail.
    package func first<Result>(_ body: () throws -> Result) throws -> Result? {
        var result: Result?
        _ = try fromFirst {
            result = try body()
            return true
        }
        return result
    }

    private func perform(_ body: (any Communicator) throws(CollectiveError) -> Void) throws(CollectiveError) {
        guard let thread else { return }
        let world = world
        try thread.perform { () throws(CollectiveError) in try body(world) }
    }
}

/// What the first rank could not do; thrown on all ranks.
package struct FirstRankError: Error, Codable, CustomStringConvertible {
    package let description: String
    /// Whether the cause lies in the request.
    package let isRequest: Bool
}

/// What the first rank has done; empty on the others.
private struct FirstRankOutcome<Value: Codable>: Codable {
    /// One value, or none where it failed. The value itself may be nil.
    var values: [Value] = []
    var failure: FirstRankError?
}
