import Collectives
import ConvolutionEngine
import TensorCore

/// The ranks that train one network together, as one of them sees them; a process that was started on its own is a
/// team of one, which never communicates.
///
/// Everything is said through one thread of its own. Gradients and sums have a communicator each, because gradients leave
/// while the batch norms of earlier layers still exchange sums.
package final class RankTeam {
    package let rank: Int
    package let size: Int
    /// Ranks on this rank's node.
    package let localSize: Int
    package let host: String
    let gradients: any Communicator
    let sums: any Communicator
    private let world: any Communicator
    private var thread: CommunicationThread?
    /// How long steps have waited for other ranks so far.
    private(set) var waitedSeconds = 0.0

    /// A team of one.
    package init() {
        let alone = LoopbackCommunicator()
        (rank, size, localSize, host) = (0, 1, 1, alone.host)
        (world, gradients, sums, thread) = (alone, alone, alone, nil)
    }

    /// All ranks make their team at the same time, before their thread pools.
    package init(_ communicator: any Communicator) throws(CollectiveError) {
        rank = communicator.rank
        size = communicator.size
        host = communicator.host
        let own = communicator.rank
        localSize = communicator.nodes.ranks.first { $0.contains(own) }?.count ?? 1
        world = communicator
        guard communicator.size > 1 else {
            (gradients, sums, thread) = (communicator, communicator, nil)
            return
        }
        gradients = try communicator.duplicate()
        sums = try communicator.duplicate()
        thread = try CommunicationThread(host: communicator.host)
    }

    package var isFirst: Bool { rank == 0 }

    /// This rank's part of a batch, and the tree along which sums over the batch are formed.
    ///
    /// - Precondition: there are at least as many samples as ranks.
    package func share(_ samples: Int) -> (shard: Range<Int>, tree: ReductionTree) {
        let shards = Shards(samples: samples, ranks: size).ranges
        return (shards[rank], ReductionTree(shard: rank, of: shards))
    }

    /// Ends the thread; nothing may be said afterwards.
    package func leave() { thread = nil }

    /// Ends all ranks at once, after one of them failed where the others cannot know.
    package func abort(code: Int32) -> Never { world.abort(code: code) }

    // MARK: In steps

    func submit(_ operation: CollectiveOperation) { thread?.submit(operation) }

    func run(_ operation: CollectiveOperation) throws(CollectiveError) {
        let start = ContinuousClock.now
        try thread?.run(operation)
        waitedSeconds += (ContinuousClock.now - start).seconds
    }

    func waitForAll() throws(CollectiveError) {
        let start = ContinuousClock.now
        try thread?.wait()
        waitedSeconds += (ContinuousClock.now - start).seconds
    }

    // MARK: Outside of steps

    /// Compares what ranks have to have in common.
    package func agree(on items: [AgreementItem]) throws {
        guard thread != nil else { return }
        var failure: AgreementError?
        try perform { world throws(CollectiveError) in
            do throws(AgreementError) { try world.agree(on: items) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Brings the first rank's bytes to all.
    package func broadcast(_ memory: AlignedMemory) throws(CollectiveError) {
        let piece = CollectiveLimits.messageByteCount
        try perform { world throws(CollectiveError) in
            for start in stride(from: 0, to: memory.byteCount, by: piece) {
                let count = min(piece, memory.byteCount - start)
                try world.broadcast(UnsafeMutableRawBufferPointer(start: memory.base + start, count: count), from: 0)
            }
        }
    }

    /// Every rank's bytes, in order of ranks.
    package func gather(_ bytes: [UInt8]) throws(CollectiveError) -> [[UInt8]] {
        guard thread != nil else { return [bytes] }
        var all: [[UInt8]] = []
        try perform { world throws(CollectiveError) in all = try world.gather(bytes) }
        return all
    }

    /// Lets the first rank do what only one may do, such as writing files; when it fails, all fail.
    package func first<Result>(_ body: () throws -> Result) throws -> Result? {
        guard thread != nil else { return try body() }
        var result: Result?
        var failure: (any Error)?
        if isFirst {
            do { result = try body() } catch { failure = error }
        }
        let kind: UInt8 = failure == nil ? 0 : failure is any RequestError ? 1 : 2
        let outcome = try gather([kind] + Array((failure.map { "\($0)" } ?? "").utf8))[0]
        guard outcome[0] == 0 else {
            throw FirstRankError(
                description: String(decoding: outcome.dropFirst(), as: UTF8.self), isRequest: outcome[0] == 1)
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
package struct FirstRankError: Error, CustomStringConvertible {
    package let description: String
    /// Whether the cause lies in the request.
    package let isRequest: Bool
}
