import ConvolutionEngine
import TensorCore

/// How the samples of the global batch, or of a validation set, are dealt to ranks: contiguous, in the order of ranks
/// and so of nodes, sizes that differ by at most one.
package struct Shards: Sendable, Equatable {
    /// The samples of every rank.
    package let ranges: [Range<Int>]

    /// The shards of a training batch, none of them empty.
    package init(batch: Int, ranks: Int) throws(TooManyRanksError) {
        guard ranks <= batch else { throw TooManyRanksError(ranks: ranks, batch: batch) }
        self.init(samples: batch, ranks: ranks)
    }

    /// The shards of any number of samples; with fewer samples than ranks, some are empty.
    package init(samples: Int, ranks: Int) {
        precondition(samples >= 0 && ranks > 0, "samples are dealt to at least one rank")
        ranges = (0..<ranks).map { $0 * samples / ranks..<($0 + 1) * samples / ranks }
    }
}

/// More ranks than samples in the global batch, which every group of ranks computes once.
package struct TooManyRanksError: RequestError, Equatable {
    package let ranks: Int
    package let batch: Int
    package let groups: Int

    package init(ranks: Int, batch: Int, groups: Int = 1) {
        (self.ranks, self.batch, self.groups) = (ranks, batch, groups)
    }

    package var description: String {
        let most = groups * batch
        return "\(ranks) ranks\(groups == 1 ? "" : " in \(groups) task groups") cannot share a batch of \(batch) "
            + "\(batch == 1 ? "sample" : "samples"): start at most \(most) \(most == 1 ? "rank" : "ranks"), "
            + "or raise training.batch to at least \((ranks + groups - 1) / groups)"
    }
}

/// Blocks of bytes of several ranks, one after the other in the order of ranks, as operations are told it.
///
/// The numbers lie in memory that never moves, because an operation under way still reads them.
package final class BlockLayout {
    package let blocks: Int
    /// Bytes of every block.
    package let counts: UnsafeMutablePointer<Int32>
    /// Bytes from the start to every block.
    package let offsets: UnsafeMutablePointer<Int32>

    /// - Parameter counts: bytes of every rank's block; all together less than 2 GB.
    package init(_ counts: [Int]) {
        blocks = counts.count
        self.counts = .allocate(capacity: counts.count)
        offsets = .allocate(capacity: counts.count)
        var offset = 0
        for (index, count) in counts.enumerated() {
            self.counts[index] = Int32(count)
            offsets[index] = Int32(offset)
            offset += count
        }
    }

    deinit {
        counts.deallocate()
        offsets.deallocate()
    }

    /// Bytes of all blocks.
    package var total: Int { Int(offsets[blocks - 1]) + Int(counts[blocks - 1]) }

    /// Changes the sizes; no operation may be using them. `count` is asked for every block in order.
    package func resize(_ count: (Int) -> Int) {
        var offset = 0
        for index in 0..<blocks {
            let size = count(index)
            counts[index] = Int32(size)
            offsets[index] = Int32(offset)
            offset += size
        }
    }
}

/// Folds partial sums along the tree, elementwise: element i of the result is formed from element i of the partials by the
/// tree's combinations alone, left with right; floats in float32.
enum PartialFold {
    /// Bytes that are folded at a time, so that all partials of a block stay in the first-level cache.
    private static let blockByteCount = 8192

    /// - Parameters:
    ///   - partials: where each begins; they are overwritten, and the first of each group holds its sum afterwards.
    ///   - merges: after partial i, how often the two topmost are combined.
    ///   - ends: whether partial i completes a group; one group where it is nil.
    static func fold(
        _ partials: [UnsafeMutableRawPointer], of element: ReductionElement, count: Int, merges: [UInt8],
        ends: [UInt8]? = nil
    ) {
        precondition(merges.count == partials.count, "one number of merges per partial")
        let block = blockByteCount / element.stride
        withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: ReductionTree.depth) { stack in
            var start = 0
            while start < count {
                let size = min(block, count - start)
                var open = 0
                ReductionTree.fold(
                    partials.indices, merges: merges, ends: ends, open: &open,
                    push: { stack[$1] = partials[$0] + start * element.stride },
                    add: { element.combine(stack[$0 + 1], into: stack[$0], count: size) })
                start += size
            }
        }
    }
}

/// Sums over ranks along the tree of samples, with the same bits for any number of ranks.
///
/// A bucket goes in pieces. Of each piece every rank owns a chunk: it receives that chunk of every partial of every
/// rank, in the order of samples, adds them along the tree, and sends the sum to all. While one piece's sums travel, the
/// next piece's partials do. Where messages count more than bytes and the ranks are the leaves of a complete binary tree,
/// the same sums are formed in 2 log₂ R messages (``HalvingBucket``).
package final class ReproducibleReduction: SampleReduction {
    /// What sums are formed with.
    package enum Messages: Sendable {
        /// Every rank with every other.
        case toAll
        /// Recursive halving and doubling where the tree is complete; else `toAll`.
        case fewest
    }

    /// Bytes of one partial of a piece, with few ranks.
    private static let leastPieceByteCount = 1 << 20
    /// Bytes below which messages would cost more than their bytes; with many ranks pieces grow.
    private static let leastMessageByteCount = 1 << 14

    let communicator: any Communicator
    fileprivate let tree: ReductionTree
    /// Bytes of the largest piece.
    let pieceByteCount: Int
    private let halves: Bool
    /// Two pieces may be under way.
    fileprivate let slots: [Slot]
    let halvingSlots: [HalvingSlot]
    package internal(set) var sent = SentData()
    package var traffic: ReductionTraffic { ReductionTraffic(tree) }

    /// - Parameters:
    ///   - communicator: of the ranks that hold the shards of `tree`, in order; used by nothing else.
    ///   - tree: of this rank.
    ///   - largestByteCount: of the largest bucket that will be reduced.
    package convenience init(
        communicator: any Communicator, tree: ReductionTree, largestByteCount: Int, messages: Messages = .toAll
    ) {
        let ranks = communicator.size
        let bytes = min(
            max(Self.leastPieceByteCount, ranks * Self.leastMessageByteCount),
            ranks * CollectiveLimits.messageByteCount / tree.subtreesOfShards.max()!)
        self.init(
            communicator: communicator, tree: tree, pieceByteCount: max(1, min(largestByteCount, bytes)),
            messages: messages)
    }

    /// - Parameter pieceByteCount: of one partial of a piece; at least one element goes in each.
    package init(
        communicator: any Communicator, tree: ReductionTree, pieceByteCount: Int, messages: Messages = .toAll
    ) {
        precondition(tree.subtreesOfShards.count == communicator.size, "one shard per rank")
        precondition(pieceByteCount > 0, "a piece has at least one element")
        self.communicator = communicator
        self.tree = tree
        self.pieceByteCount = pieceByteCount
        halves = messages == .fewest && tree.isComplete && communicator.size > 1
        // A piece has one element at least, the largest of which has three doubles.
        let bytes = max(pieceByteCount, ReductionElement.moments.stride)
        slots = halves ? [] : (0..<2).map { _ in Slot(tree: tree, ranks: communicator.size, byteCount: bytes) }
        halvingSlots = halves ? (0..<2).map { _ in HalvingSlot(byteCount: bytes) } : []
    }

    package func operation(
        for bucket: ReductionBucket, in arena: ReductionArena, named name: String
    ) -> CollectiveOperation {
        precondition(arena.subtrees == tree.subtrees, "one partial per subtree of the shard")
        return halves ? HalvingBucket(self, bucket, arena, name) : ChunkedBucket(self, bucket, arena, name)
    }

    /// The pieces of a bucket of `count` elements.
    func pieces(of count: Int, _ element: ReductionElement) -> [Range<Int>] {
        let pieceCount = max(1, pieceByteCount / element.stride)
        return stride(from: 0, to: count, by: pieceCount).map { $0..<min(count, $0 + pieceCount) }
    }

    /// The chunk of a piece of `count` elements that a rank owns.
    fileprivate func chunk(_ rank: Int, of count: Int) -> Range<Int> {
        let ranks = communicator.size
        return rank * count / ranks..<(rank + 1) * count / ranks
    }

    /// The buffers of a piece under way.
    fileprivate final class Slot {
        /// [rank][own subtree][that rank's chunk]
        let sent: UnsafeMutableRawPointer
        let sentLayout: BlockLayout
        /// [rank][subtree of that rank][own chunk]
        let received: UnsafeMutableRawPointer
        let receivedLayout: BlockLayout
        /// The sums: [rank][that rank's chunk], which is the piece.
        let sums: UnsafeMutableRawPointer
        let sumsLayout: BlockLayout
        /// Where the partials begin in `received`.
        var partials: [UnsafeMutableRawPointer]
        var request: CollectiveRequest?

        init(tree: ReductionTree, ranks: Int, byteCount: Int) {
            let empty = [Int](repeating: 0, count: ranks)
            // A chunk has at most an element more than its share.
            let chunk = byteCount / ranks + ReductionElement.moments.stride
            sent = .allocate(byteCount: tree.subtrees * byteCount, alignment: 64)
            received = .allocate(byteCount: tree.subtreeMerges.count * chunk, alignment: 64)
            // What ranks that do not exist do not send counts as nothing.
            received.initializeMemory(as: UInt8.self, repeating: 0, count: tree.subtreeMerges.count * chunk)
            sums = .allocate(byteCount: byteCount, alignment: 64)
            sums.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
            (sentLayout, receivedLayout, sumsLayout) = (BlockLayout(empty), BlockLayout(empty), BlockLayout(empty))
            partials = [UnsafeMutableRawPointer](repeating: received, count: tree.subtreeMerges.count)
        }

        deinit {
            sent.deallocate()
            received.deallocate()
            sums.deallocate()
        }
    }
}

/// The reduction of one bucket, every rank with every other.
private final class ChunkedBucket: CollectiveOperation {
    /// What is done with one piece. Ranks start operations in the order of the script, whatever arrives first.
    private enum Act {
        /// Sends partials to the owners of their chunks.
        case scatter
        /// Once they have come, adds them and sends the sums to all.
        case fold
        /// Once these have come, stores them.
        case store
    }

    private let reduction: ReproducibleReduction
    private let bucket: ReductionBucket
    private let arena: ReductionArena
    /// The pieces, in elements of the bucket.
    private let pieces: [Range<Int>]
    private let script: [(act: Act, piece: Int)]
    private var next = 0

    init(_ reduction: ReproducibleReduction, _ bucket: ReductionBucket, _ arena: ReductionArena, _ name: String) {
        self.reduction = reduction
        self.bucket = bucket
        self.arena = arena
        let count = bucket.count
        pieces = reduction.pieces(of: count, arena.element)
        var script: [(act: Act, piece: Int)] = []
        // One partial in all is the sum already.
        if reduction.tree.subtreeMerges.count > 1 {
            for piece in 0..<pieces.count + 1 {
                if piece >= 2 { script.append((.store, piece - 2)) }
                if piece < pieces.count { script.append((.scatter, piece)) }
                if piece >= 1 { script.append((.fold, piece - 1)) }
            }
            if let last = pieces.indices.last { script.append((.store, last)) }
        }
        self.script = script
        super.init(name: name)
    }

    override func begin() { next = 0 }

    /// One act at a time, so that what the computation waits for gets its turn in between.
    override func move() throws(CollectiveError) -> Move {
        guard next < script.count else { return .complete }
        let (act, piece) = script[next]
        let slot = reduction.slots[piece % 2]
        if act != .scatter, try !reduction.communicator.test(slot.request!) { return .none }
        switch act {
        case .scatter: try scatter(pieces[piece], slot)
        case .fold: try fold(pieces[piece], slot)
        case .store: arena.write(slot.sums, to: bucket, pieces[piece])
        }
        next += 1
        return next < script.count ? .some : .complete
    }

    private func scatter(_ piece: Range<Int>, _ slot: ReproducibleReduction.Slot) throws(CollectiveError) {
        let communicator = reduction.communicator
        let subtrees = reduction.tree.subtreesOfShards
        let stride = arena.element.stride
        let own = reduction.chunk(communicator.rank, of: piece.count).count
        var target = slot.sent
        for rank in 0..<communicator.size {
            let chunk = reduction.chunk(rank, of: piece.count)
            let stretch = piece.lowerBound + chunk.lowerBound..<piece.lowerBound + chunk.upperBound
            for subtree in 0..<arena.subtrees {
                arena.read(subtree, bucket, stretch, to: target)
                target += chunk.count * stride
            }
        }
        slot.sentLayout.resize { arena.subtrees * reduction.chunk($0, of: piece.count).count * stride }
        slot.receivedLayout.resize { subtrees[$0] * own * stride }
        slot.request = try communicator.startAllToAll(
            slot.sent, slot.sentLayout, into: slot.received, slot.receivedLayout)
        count(arena.subtrees * (piece.count - own) * stride)
    }

    private func fold(_ piece: Range<Int>, _ slot: ReproducibleReduction.Slot) throws(CollectiveError) {
        let communicator = reduction.communicator
        let stride = arena.element.stride
        let own = reduction.chunk(communicator.rank, of: piece.count).count
        for index in slot.partials.indices { slot.partials[index] = slot.received + index * own * stride }
        PartialFold.fold(slot.partials, of: arena.element, count: own, merges: reduction.tree.subtreeMerges)
        slot.sumsLayout.resize { reduction.chunk($0, of: piece.count).count * stride }
        slot.request = try communicator.startAllGather(slot.received, into: slot.sums, slot.sumsLayout)
        count(own * (communicator.size - 1) * stride)
    }

    /// A message to every other rank.
    private func count(_ bytes: Int) {
        reduction.sent.bytes += bytes
        reduction.sent.messages += reduction.communicator.size - 1
    }
}

/// The reproducible reduction that suits a job: in two levels where ranks share nodes and memory, else flat. The bits are
/// the same.
package struct ReproducibleReductions {
    package let reduction: any SampleReduction
    /// Why ranks that share a node could not share memory, where that is so: worth a warning.
    package let refusal: CollectiveError?

    /// All ranks take part, and wait.
    ///
    /// - Parameters:
    ///   - shards: the samples of every rank.
    ///   - largestByteCount: of the largest bucket that will be reduced.
    ///   - messages: between nodes.
    package init(
        _ communicators: NodeCommunicators, shards: Shards, largestByteCount: Int,
        messages: ReproducibleReduction.Messages = .toAll
    ) throws(CollectiveError) {
        let world = communicators.world
        var refusal: CollectiveError?
        if world.nodes.ranks.contains(where: { $0.count > 1 }) {
            var shared: NodeReduction?
            do throws(CollectiveError) {
                shared = try NodeReduction(
                    communicators, shards: shards, largestByteCount: largestByteCount, messages: messages)
            } catch {
                refusal = error
            }
            // A node without shared memory decides for all.
            var refusals: [Int64] = [shared == nil ? 1 : 0]
            try world.sum(&refusals)
            if let shared, refusals[0] == 0 {
                reduction = shared
                self.refusal = nil
                return
            }
        }
        self.refusal = refusal
        reduction = ReproducibleReduction(
            communicator: try world.duplicate(), tree: ReductionTree(shard: world.rank, of: shards.ranges),
            largestByteCount: largestByteCount, messages: messages)
    }
}
