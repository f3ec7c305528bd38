import ConvolutionEngine

/// Sums gradients over ranks. Makes one operation per bucket, which run one after the other.
package protocol GradientReduction: AnyObject {
    /// The operation that replaces a bucket's gradients by their sums over all ranks.
    func operation(for bucket: GradientBucket, in arena: GradientArena) -> CollectiveOperation

    /// Bytes that this rank has handed to others so far, be it through the network or through memory.
    var byteCount: Int { get }
}

/// What the reproducible reduction sends, relative to a reduction of as many bytes that no rank holds twice.
package struct ReductionTraffic: Sendable, Equatable {
    /// Bytes that all ranks together send, per byte of gradients and rank: 2 (R − 1) / R where every shard is one
    /// subtree, and more where some hold several.
    package let factor: Double
    /// 2 (R − 1) / R.
    package let leastFactor: Double

    package init(_ tree: ReductionTree) {
        let ranks = Double(tree.subtreesOfShards.count)
        let partials = Double(tree.subtreeMerges.count)
        // Each rank sends all but its own chunk of each of its partials, and its chunk of the result to all others.
        leastFactor = 2 * (ranks - 1) / ranks
        factor = (partials + ranks) / ranks * (ranks - 1) / ranks
    }
}
