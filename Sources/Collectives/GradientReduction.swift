import ConvolutionEngine

/// Sums gradients over ranks. Makes one operation per bucket, which run one after the other.
package protocol GradientReduction: AnyObject {
    /// The operation that replaces a bucket's gradients by their sums over all ranks.
    func operation(for bucket: GradientBucket, in arena: GradientArena) -> CollectiveOperation

    /// Bytes that this rank has handed to others so far, be it through the network or through memory.
    var byteCount: Int { get }

    /// What that comes to for every byte of gradients.
    var traffic: ReductionTraffic { get }
}

/// What a reduction sends, relative to a reduction of as many bytes that no rank holds twice.
package struct ReductionTraffic: Sendable, Equatable {
    /// Bytes that all ranks together send, per byte of gradients and rank: 2 (R − 1) / R where every shard is one
    /// subtree, and more where some hold several.
    package let factor: Double
    /// 2 (R − 1) / R.
    package let leastFactor: Double

    /// A reduction that sends no more than it has to.
    package init(ranks: Int) {
        leastFactor = 2 * Double(ranks - 1) / Double(ranks)
        factor = leastFactor
    }

    /// The reproducible reduction in one level.
    package init(_ tree: ReductionTree) {
        let ranks = tree.subtreesOfShards.count
        leastFactor = ReductionTraffic(ranks: ranks).leastFactor
        factor = Self.total(ranks: ranks, partials: tree.subtreeMerges.count) / Double(ranks)
    }

    /// The reproducible reduction in two levels: the ranks of every node among themselves, and then one of each node.
    package init(_ shards: Shards, nodes: NodeLayout) {
        let ranks = shards.ranges.count
        let partials = ReductionTree(shard: 0, of: shards.ranges).subtreesOfShards
        let samplesOfNodes = nodes.ranks.map {
            shards.ranges[$0.lowerBound].lowerBound..<shards.ranges[$0.upperBound - 1].upperBound
        }
        let nodePartials = ReductionTree(shard: 0, of: samplesOfNodes).subtreeMerges.count
        let within = nodes.ranks.reduce(0.0) {
            $0 + Self.total(ranks: $1.count, partials: partials[$1].reduce(0, +))
        }
        leastFactor = ReductionTraffic(ranks: ranks).leastFactor
        factor = (within + Self.total(ranks: nodes.ranks.count, partials: nodePartials)) / Double(ranks)
    }

    /// Each rank sends all but its own chunk of each of its partials, and its chunk of the result to all others.
    private static func total(ranks: Int, partials: Int) -> Double {
        Double((partials + ranks) * (ranks - 1)) / Double(ranks)
    }
}
