import Checkpoints
import ConvolutionEngine
import Graph
import Networks
import TensorCore

/// A task's backbone under torchvision's names, for programs that know nothing of banks and modulators.
///
/// Convolutions are merged with their modulators; batch norms stay batch norms, so that training can go on there. What
/// an adapter adds to every pixel (ra_series) moves into the running mean, which is the same. The decoder is not part
/// of it. torchvision gives dilated stages (`replace_stride_with_dilation`) the dilation of the stage before in their
/// first block; ours have one dilation throughout.
package struct TorchvisionBackbone {
    private let model: StoredModel
    private let head: TaskHead
    private let layers: [Layer]
    private let merged: MergedGraph
    /// The network as it was trained, and its values.
    private let source: Graph
    private let parameters: [ParameterStorage]

    /// A convolution and the batch normalization behind it.
    private struct Layer {
        /// torchvision's, such as `layer1.0.downsample.0`.
        let convolution: String
        let normalization: String
        let value: Graph.Value
        let own: Graph.BatchNormalization
    }

    /// - Throws: `FileSystemError`, `InvalidFileError`.
    package init(_ model: StoredModel, task: String, kernels: Kernels, pool: ThreadPool) throws {
        self.model = model
        head = try model.head(task)
        let network = try model.network(head, height: 64, width: 64)
        var graph = network.graph
        source = network.graph
        parameters = network.parameters.storages
        let units = Dictionary(
            uniqueKeysWithValues: model.settings.backbone.units.map { ($0.normModule, $0) })
        layers = network.graph.nodes.compactMap { node in
            // An adapter's own norm is none of these, and is merged.
            guard case .batchNormalization(let own) = node.operation,
                let unit = units[network.graph.parameter(own.scale).module.path]
            else { return nil }
            return Layer(convolution: unit.convolution, normalization: unit.norm, value: node.inputs[0], own: own)
        }
        // An output is not folded any further.
        for layer in layers { graph.addOutput(layer.convolution, layer.value) }
        merged = MergedGraph(
            merging: graph, outputs: Set(layers.map(\.convolution)), parameters: parameters, kernels: kernels,
            pool: pool)
    }

    /// Writes the file, whole or not at all; returns its SHA-256.
    ///
    /// - Throws: `FileSystemError`.
    @discardableResult
    package func write(to path: String) throws -> String {
        try SafetensorsFile.write(
            to: path, tensors: layers.flatMap(tensors),
            metadata: [
                "format": "pt", "architecture": model.settings.backbone.rawValue, "task": head.name,
                "output_stride": "\(model.settings.outputStride)",
            ])
    }

    private func tensors(_ layer: Layer) -> [TensorEntry] {
        let output = merged.graph.outputs.first { $0.name == layer.convolution }!.value
        let node = merged.graph.nodes.first { $0.output == output }!
        guard let convolution = node.convolution, let bias = convolution.bias else {
            preconditionFailure("\(layer.convolution) is not merged")
        }
        let filter = convolution.filter.owner
        func values(_ id: Graph.ParameterID, of graph: Graph, in storages: [ParameterStorage]) -> [Float] {
            let name = graph.parameter(id).name
            for storage in storages {
                if let entry = storage.layout.entry(name) { return storage.read(entry, from: storage.values) }
            }
            preconditionFailure("\(name) has no storage")
        }
        func vector(_ name: String, _ values: [Float]) -> TensorEntry {
            TensorEntry("\(layer.normalization).\(name)", shape: [values.count], values: values)
        }
        func own(_ id: Graph.ParameterID) -> [Float] { values(id, of: source, in: parameters) }
        let offset = values(bias, of: merged.graph, in: [merged.parameters])
        return [
            TensorEntry(
                "\(layer.convolution).weight", shape: merged.graph.parameter(filter).shape,
                values: values(filter, of: merged.graph, in: [merged.parameters])),
            vector("weight", own(layer.own.scale)), vector("bias", own(layer.own.shift)),
            vector("running_mean", zip(own(layer.own.runningMean), offset).map { $0 - $1 }),
            vector("running_var", own(layer.own.runningVariance)),
        ]
    }
}
