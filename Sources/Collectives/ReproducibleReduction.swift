import ConvolutionEngine

/// Sums gradients along the tree of samples, with the same bits for any number of ranks.
///
/// A bucket goes in pieces. Of each piece every rank owns a chunk: it receives that chunk of every partial of every
/// rank, in the order of samples, adds them along the tree, and sends the sum to all. While one piece's sums travel, the
/// next piece's partials do.
package final class ReproducibleReduction: GradientReduction {
    /// Bytes of one partial of a piece, with few ranks.
    private static let pieceByteCount = 1 << 20
    /// Bytes below which messages would cost more than their bytes; with many ranks pieces grow.
    private static let leastMessageByteCount = 1 << 14

    fileprivate let communicator: any Communicator
    fileprivate let tree: ReductionTree
    /// Floats of the largest piece.
    fileprivate let pieceCount: Int
    /// Two pieces may be under way.
    fileprivate let slots: [Slot]
    package fileprivate(set) var byteCount = 0
    package var traffic: ReductionTraffic { ReductionTraffic(tree) }

    /// - Parameters:
    ///   - communicator: of the ranks that hold the shards of `tree`, in order; used by nothing else.
    ///   - tree: of this rank.
    ///   - largestBucket: floats of the largest bucket that will be reduced.
    package convenience init(communicator: any Communicator, tree: ReductionTree, largestBucket: Int) {
        let ranks = communicator.size
        let bytes = min(
            max(Self.pieceByteCount, ranks * Self.leastMessageByteCount),
            ranks * CollectiveLimits.messageByteCount / tree.subtreesOfShards.max()!)
        self.init(
            communicator: communicator, tree: tree,
            pieceCount: max(1, min(largestBucket, bytes / MemoryLayout<Float>.stride)))
    }

    /// - Parameter pieceCount: floats of a piece.
    package init(communicator: any Communicator, tree: ReductionTree, pieceCount: Int) {
        precondition(tree.subtreesOfShards.count == communicator.size, "one shard per rank")
        precondition(pieceCount > 0, "a piece has at least one float")
        self.communicator = communicator
        self.tree = tree
        self.pieceCount = pieceCount
        slots = (0..<2).map { _ in Slot(tree: tree, ranks: communicator.size, pieceCount: pieceCount) }
    }

    package func operation(for bucket: GradientBucket, in arena: GradientArena) -> CollectiveOperation {
        precondition(arena.subtrees == tree.subtrees, "one partial per subtree of the shard")
        return ReproducibleBucket(self, bucket, arena)
    }

    /// The chunk of a piece of `count` floats that a rank owns.
    fileprivate func chunk(_ rank: Int, of count: Int) -> Range<Int> {
        let ranks = communicator.size
        return rank * count / ranks..<(rank + 1) * count / ranks
    }

    /// The buffers of a piece under way.
    fileprivate final class Slot {
        /// [rank][own subtree][that rank's chunk]
        let sent: UnsafeMutablePointer<Float>
        let sentLayout: BlockLayout
        /// [rank][subtree of that rank][own chunk]
        let received: UnsafeMutablePointer<Float>
        let receivedLayout: BlockLayout
        /// The sums: [rank][that rank's chunk], which is the piece.
        let sums: UnsafeMutablePointer<Float>
        let sumsLayout: BlockLayout
        /// Where the partials begin in `received`.
        var partials: [UnsafeMutablePointer<Float>]
        var request: CollectiveRequest?

        init(tree: ReductionTree, ranks: Int, pieceCount: Int) {
            let empty = [Int](repeating: 0, count: ranks)
            sent = .allocate(capacity: tree.subtrees * pieceCount)
            received = .allocate(capacity: tree.subtreeMerges.count * ((pieceCount + ranks - 1) / ranks))
            sums = .allocate(capacity: pieceCount)
            (sentLayout, receivedLayout, sumsLayout) = (BlockLayout(empty), BlockLayout(empty), BlockLayout(empty))
            partials = [UnsafeMutablePointer<Float>](repeating: received, count: tree.subtreeMerges.count)
        }

        deinit {
            sent.deallocate()
            received.deallocate()
            sums.deallocate()
        }
    }
}

/// The reduction of one bucket.
private final class ReproducibleBucket: CollectiveOperation {
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
    private let bucket: GradientBucket
    private let arena: GradientArena
    /// The pieces, in floats of the bucket.
    private let pieces: [Range<Int>]
    private let script: [(act: Act, piece: Int)]
    private var next = 0

    init(_ reduction: ReproducibleReduction, _ bucket: GradientBucket, _ arena: GradientArena) {
        self.reduction = reduction
        self.bucket = bucket
        self.arena = arena
        let count = bucket.count
        pieces = stride(from: 0, to: count, by: reduction.pieceCount).map {
            $0..<min(count, $0 + reduction.pieceCount)
        }
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
        super.init(name: "reduction of \(count) gradients")
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
        let stride = MemoryLayout<Float>.stride
        let own = reduction.chunk(communicator.rank, of: piece.count).count
        var target = slot.sent
        for rank in 0..<communicator.size {
            let chunk = reduction.chunk(rank, of: piece.count)
            let stretch = piece.lowerBound + chunk.lowerBound..<piece.lowerBound + chunk.upperBound
            for subtree in 0..<arena.subtrees {
                arena.read(subtree, bucket, stretch, to: target)
                target += chunk.count
            }
        }
        slot.sentLayout.resize { arena.subtrees * reduction.chunk($0, of: piece.count).count * stride }
        slot.receivedLayout.resize { subtrees[$0] * own * stride }
        slot.request = try communicator.startAllToAll(
            slot.sent, slot.sentLayout, into: slot.received, slot.receivedLayout)
        reduction.byteCount += arena.subtrees * (piece.count - own) * stride
    }

    private func fold(_ piece: Range<Int>, _ slot: ReproducibleReduction.Slot) throws(CollectiveError) {
        let communicator = reduction.communicator
        let stride = MemoryLayout<Float>.stride
        let own = reduction.chunk(communicator.rank, of: piece.count).count
        for index in slot.partials.indices { slot.partials[index] = slot.received + index * own }
        PartialFold.fold(slot.partials, count: own, merges: reduction.tree.subtreeMerges)
        slot.sumsLayout.resize { reduction.chunk($0, of: piece.count).count * stride }
        slot.request = try communicator.startAllGather(slot.received, into: slot.sums, slot.sumsLayout)
        reduction.byteCount += own * (communicator.size - 1) * stride
    }
}
