import ConvolutionEngine

/// Sums gradients by the communication library's own reduction, in whatever order it likes: to compare with.
package final class PlainReduction: GradientReduction {
    fileprivate let communicator: any Communicator
    fileprivate let packed: UnsafeMutablePointer<Float>
    package fileprivate(set) var byteCount = 0

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

    package func operation(for bucket: GradientBucket, in arena: GradientArena) -> CollectiveOperation {
        PlainBucket(self, bucket, arena)
    }
}

/// The reduction of one bucket.
private final class PlainBucket: CollectiveOperation {
    private let reduction: PlainReduction
    private let bucket: GradientBucket
    private let arena: GradientArena
    private let count: Int
    private var request: CollectiveRequest?

    init(_ reduction: PlainReduction, _ bucket: GradientBucket, _ arena: GradientArena) {
        self.reduction = reduction
        self.bucket = bucket
        self.arena = arena
        count = bucket.count
        super.init(name: "plain reduction of \(count) gradients")
    }

    /// The bucket where it is one range of the arena; otherwise a copy of it.
    private var values: UnsafeMutablePointer<Float> {
        bucket.ranges.count == 1 ? arena.base + bucket.ranges[0].lowerBound : reduction.packed
    }

    override func begin() throws(CollectiveError) {
        for range in bucket.ranges {
            for subtree in 1..<max(1, arena.subtrees) {
                PartialFold.fold(
                    [arena.base + range.lowerBound, arena.base + subtree * arena.stride + range.lowerBound],
                    count: range.count, merges: [0, 1])
            }
        }
        if bucket.ranges.count > 1 { arena.read(0, bucket, 0..<count, to: reduction.packed) }
        request = try reduction.communicator.startAllReduce(values, count: count, .float32, .sum)
        let ranks = reduction.communicator.size
        reduction.byteCount += 2 * (ranks - 1) * count * MemoryLayout<Float>.stride / ranks
    }

    override func move() throws(CollectiveError) -> Move {
        guard try reduction.communicator.test(request!) else { return .none }
        if bucket.ranges.count > 1 { arena.write(reduction.packed, to: bucket, 0..<count) }
        return .complete
    }
}
