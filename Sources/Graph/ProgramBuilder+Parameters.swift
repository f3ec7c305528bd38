import ConvolutionEngine
import TensorCore

/// Parameters, their gradients, and the sums that ranks share.
extension ProgramBuilder {
    func values(_ id: Graph.ParameterID) -> UnsafeMutablePointer<Float> {
        let name = graph.parameter(id).name
        for storage in storage {
            if let entry = storage.layout.entry(name) { return storage.values.floats() + entry.offset }
        }
        preconditionFailure("\(name) has no storage")
    }

    /// Where the first subtree's gradient of a trained parameter goes; other subtrees follow at `gradientStride`.
    func gradient(_ id: Graph.ParameterID) -> UnsafeMutablePointer<Float> {
        trained.gradient!.floats() + trained.layout.entry(graph.parameter(id).name)!.offset
    }

    var gradientStride: Int { trained.layout.count }

    /// Whether other ranks hold samples of the batch.
    private var isShared: Bool { tree.map { $0.subtreeMerges.count > $0.subtrees } ?? false }

    /// Tells other ranks that the gradient of `id` is complete here; nil where there are none.
    func gradientsReady(_ id: Graph.ParameterID) -> ((Emission) -> ProgramPart.Pause)? {
        guard isShared else { return nil }
        let entry = trained.layout.entry(graph.parameter(id).name)!
        return { _ in .gradientsReady(entry.offset..<entry.offset + entry.parameter.count) }
    }

    /// Sums over samples that every rank needs: a buffer for those of this rank's subtrees, one for those of all, and
    /// the exchange that fills the second; the same buffer, and no exchange, where this rank has all samples.
    mutating func sharedSums(count: Int) -> SharedSums {
        let (own, all) = (tree!.subtrees, tree!.subtreeMerges.count)
        let local = buffer(of: Double.self, count: own * count)
        guard isShared else { return SharedSums(local: local, gathered: local, exchange: nil) }
        let gathered = buffer(of: Double.self, count: all * count)
        return SharedSums(
            local: local, gathered: gathered,
            exchange: { emission in
                .exchange(
                    SumExchange(
                        local: emission.doubles(local), localSubtrees: own, gathered: emission.doubles(gathered),
                        gatheredSubtrees: all, count: count))
            })
    }

    struct SharedSums {
        let local: MemoryPlan.Buffer
        let gathered: MemoryPlan.Buffer
        let exchange: ((Emission) -> ProgramPart.Pause)?
    }
}
