import ConvolutionEngine

/// The reproducible reduction that suits a job: in two levels where ranks share nodes and memory, else flat. The bits are
/// the same.
package struct ReproducibleReductions {
    package let reduction: any GradientReduction
    /// Why ranks that share a node could not share memory, where that is so: worth a warning.
    package let refusal: CollectiveError?

    /// All ranks take part, and wait.
    ///
    /// - Parameters:
    ///   - shards: the samples of every rank.
    ///   - largestBucket: floats of the largest bucket that will be reduced.
    package init(
        _ communicators: NodeCommunicators, shards: Shards, largestBucket: Int
    ) throws(CollectiveError) {
        let world = communicators.world
        var refusal: CollectiveError?
        if world.nodes.ranks.contains(where: { $0.count > 1 }) {
            var shared: NodeReduction?
            do throws(CollectiveError) {
                shared = try NodeReduction(communicators, shards: shards, largestBucket: largestBucket)
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
            largestBucket: largestBucket)
    }
}
