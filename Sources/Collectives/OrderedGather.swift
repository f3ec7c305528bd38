import ConvolutionEngine

/// Brings the partial sums of all maximal subtrees of the global batch to all ranks, in the order of samples, so that
/// every rank folds them along the same tree: batch normalization's sums, and losses.
///
/// The partials lie in one buffer, [subtrees of all shards][values]; every rank writes its own from partial
/// `tree.firstSubtree` on before the operation, and finds those of the others in their places after it.
package final class OrderedGather: CollectiveOperation {
    private let communicator: any Communicator
    private let partials: UnsafeMutableRawPointer
    private let layout: BlockLayout
    private var request: CollectiveRequest?

    /// - Parameters:
    ///   - communicator: of the ranks that hold the shards of `tree`, in order.
    ///   - partials: room for `tree.subtreeMerges.count` × `valuesPerSubtree` values.
    package init(
        name: String, communicator: any Communicator, tree: ReductionTree, partials: UnsafeMutablePointer<Double>,
        valuesPerSubtree: Int
    ) {
        precondition(tree.subtreesOfShards.count == communicator.size, "one shard per rank")
        self.communicator = communicator
        self.partials = UnsafeMutableRawPointer(partials)
        layout = BlockLayout(tree.subtreesOfShards.map { $0 * valuesPerSubtree * MemoryLayout<Double>.stride })
        super.init(name: name)
    }

    /// Bytes that this rank sends to others in a run.
    package var byteCount: Int { Int(layout.counts[communicator.rank]) * (communicator.size - 1) }

    override func begin() throws(CollectiveError) {
        request = try communicator.startAllGather(nil, into: partials, layout)
    }

    override func move() throws(CollectiveError) -> Move {
        try communicator.test(request!) ? .complete : .none
    }
}
