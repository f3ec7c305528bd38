import ConvolutionEngine

/// Sums gradients by the communication library's own reduction, in whatever order it likes: to compare with.
package final class PlainReduction: SampleReduction {
    fileprivate let communicator: any Communicator
    fileprivate let packed: UnsafeMutablePointer<Float>
    /// As an ideal reduction sends; what the library's own does is not known.
    package fileprivate(set) var sent = SentData()
    package var traffic: ReductionTraffic { ReductionTraffic(ranks: communicator.size) }

    /// - Parameters:
    ///   - communicator: used by nothing else.
    ///   - largestBucket: floats of the largest bucket that will be reduced.
    package init(communicator: any Communicator, largestBucket: Int) {
        self.communicator = communicator
        packed = .allocate(capacity: max(1, largestBucket))
    }

    deinit {
        packed.deallocate()
    }

    package func operation(
        for bucket: ReductionBucket, in arena: ReductionArena, named name: String
    ) -> CollectiveOperation {
        PlainBucket(self, bucket, arena, "plain " + name)
    }
}

/// The reduction of one bucket, in pieces, of which two are under way.
private final class PlainBucket: CollectiveOperation {
    private let reduction: PlainReduction
    private let bucket: ReductionBucket
    private let arena: ReductionArena
    private let pieces: [Range<Int>]
    private var requests: [CollectiveRequest?] = [nil, nil]
    private var started = 0
    private var finished = 0

    init(_ reduction: PlainReduction, _ bucket: ReductionBucket, _ arena: ReductionArena, _ name: String) {
        self.reduction = reduction
        self.bucket = bucket
        precondition(arena.element == .float32, "gradients are added")
        self.arena = arena
        let count = bucket.count
        let pieceCount = CollectiveLimits.messageByteCount / MemoryLayout<Float>.stride
        pieces = stride(from: 0, to: count, by: pieceCount).map { $0..<min(count, $0 + pieceCount) }
        super.init(name: name)
    }

    /// The bucket where it is one range of the arena; otherwise a copy of it.
    private var values: UnsafeMutablePointer<Float> {
        bucket.ranges.count == 1 ? partial(0, at: bucket.ranges[0].lowerBound) : reduction.packed
    }

    private func partial(_ subtree: Int, at index: Int) -> UnsafeMutablePointer<Float> {
        arena.partials[subtree].assumingMemoryBound(to: Float.self) + index
    }

    override func begin() {
        (started, finished) = (0, 0)
        for range in bucket.ranges {
            for subtree in 1..<max(1, arena.subtrees) {
                arena.element.combine(
                    partial(subtree, at: range.lowerBound), into: partial(0, at: range.lowerBound), count: range.count)
            }
        }
        if bucket.ranges.count > 1 { arena.read(0, bucket, 0..<bucket.count, to: reduction.packed) }
        let ranks = reduction.communicator.size
        reduction.sent.bytes += 2 * (ranks - 1) * bucket.count * MemoryLayout<Float>.stride / ranks
        reduction.sent.messages += 2 * (ranks - 1) * pieces.count
    }

    override func move() throws(CollectiveError) -> Move {
        let before = finished
        while finished < pieces.count {
            while started < min(pieces.count, finished + 2) {
                requests[started % 2] = try reduction.communicator.startAllReduce(
                    values + pieces[started].lowerBound, count: pieces[started].count, .float32)
                started += 1
            }
            guard try reduction.communicator.test(requests[finished % 2]!) else {
                return finished > before ? .some : .none
            }
            finished += 1
        }
        if bucket.ranges.count > 1 { arena.write(reduction.packed, to: bucket, 0..<bucket.count) }
        return .complete
    }
}
