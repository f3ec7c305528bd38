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

    /// Where the backward pass leaves the first subtree's gradient of a trained parameter; other subtrees follow at
    /// `gradientStride`.
    func gradient(_ id: Graph.ParameterID) -> UnsafeMutablePointer<Float> {
        gradients!.floats() + trained.layout.entry(graph.parameter(id).name)!.offset
    }

    /// Where the gradient of a trained parameter is once it is summed over all samples.
    func summedGradient(_ id: Graph.ParameterID) -> UnsafeMutablePointer<Float> {
        trained.gradient!.floats() + trained.layout.entry(graph.parameter(id).name)!.offset
    }

    var gradientStride: Int { trained.layout.count }

    /// Whether other ranks hold samples of the batch.
    private var isShared: Bool { tree?.isShared ?? false }

    /// Tells other ranks that the first `count` floats of the gradient of `id`, by default all, are complete here; nil
    /// where there are none.
    func gradientsReady(_ id: Graph.ParameterID, count: Int? = nil) -> ((Emission) -> ProgramPart.Pause)? {
        guard isShared else { return nil }
        let entry = trained.layout.entry(graph.parameter(id).name)!
        return { _ in .gradientsReady(entry.offset..<entry.offset + (count ?? entry.parameter.count)) }
    }

    /// Sums over the samples of a batch normalization, `count` elements for each subtree of this rank's shard; the first ones
    /// become those of the whole batch.
    mutating func sharedSums(_ element: ReductionElement, count: Int) -> SharedSums {
        let tree = normalizationTree!
        let doubles = element.stride / MemoryLayout<Double>.stride
        return SharedSums(
            buffer: buffer(of: Double.self, count: tree.subtrees * count * doubles), element: element, count: count,
            isShared: tree.isShared)
    }

    /// Lets other ranks know of a normalization's own gradients, where these are sums over this rank's samples alone.
    mutating func shareNormalizationGradients(_ parameters: Graph.BatchNormalization) {
        guard isShared, !normalizationTree!.isShared else { return }
        for id in [parameters.scale, parameters.shift] { plan([], pause: gradientsReady(id)) { _ in [] } }
    }

    struct SharedSums {
        let buffer: MemoryPlan.Buffer
        let element: ReductionElement
        let count: Int
        let isShared: Bool

        /// The exchange with other ranks; nil where there are none.
        var exchange: ((Emission) -> ProgramPart.Pause)? {
            guard isShared else { return nil }
            return { .exchange(SumExchange(partials: $0.doubles(buffer), element: element, count: count)) }
        }
    }
}
