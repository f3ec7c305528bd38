import Checkpoints
import Configuration
import ConvolutionEngine
import Graph

/// The classifier that a filter bank is pretrained with: a ResNet at output stride 32, global average pooling and one
/// linear layer, as in He et al. (see ``ResNet``). Everything is trained, with any method: the bank, and the modulators
/// or adapters that stand in it from the start.
///
/// All but the linear layer has the names that networks with a bank look for, without a task; the linear layer is
/// `fc.weight` [classes, channels, 1, 1] and `fc.bias`.
package struct Classifier: Sendable {
    /// The name of the only output: 1 × 1 × classes per sample, before the softmax.
    package static let output = "classes"

    package let graph: Graph

    /// - Parameters:
    ///   - method: modulators are plain; a task that normalizes its own starts from their rows' lengths and directions.
    ///   - classes: how many classes are told apart.
    ///   - height, width: the images' size in pixels; any from 1 × 1 on.
    ///   - components: how many filters the bank has, where it exists already.
    package init(
        backbone: ModelSettings.Backbone, width channels: Int, method: ModelSettings.Method = .conv, classes: Int,
        height: Int, width: Int, components: BankComponents = .all
    ) {
        let model = ModelSettings(
            backbone: backbone, width: channels, outputStride: 32, method: method, normalizedFeatureFusion: false)
        var graph = Graph()
        let image = graph.input(height: height, width: width)
        let backbone = ResNet(model, task: nil, components: components)
        let pooled = graph.globalAveragePool(backbone.features(image, in: &graph).high)
        let geometry = ConvolutionGeometry(
            inputChannels: graph.shape(of: pooled).channels, outputChannels: classes)
        let linear = Graph.Parameter.Module("fc", owner: .shared)
        let weight = graph.add(
            Graph.Parameter(
                linear, "weight", shape: [classes, geometry.inputChannels, 1, 1], role: .trained, part: .classifier,
                kind: .filter, start: .heUniform))
        let bias = graph.add(
            Graph.Parameter(
                linear, "bias", shape: [classes], role: .trained, part: .classifier, kind: .bias, start: .zeros))
        graph.addOutput(
            Self.output, graph.convolution(pooled, geometry, filter: .parameter(weight), bias: bias))
        self.graph = graph
    }

    /// What a bank's file holds: everything but the linear layer, as `Initialization` reads it.
    ///
    /// - Parameter parameters: those of this classifier; they must stay until the file is written.
    package static func bankTensors(_ parameters: NetworkParameters) -> [TensorEntry] {
        let group = parameters.groups[0]
        return [group.trained, group.statistics].flatMap { storage in
            NetworkParameters.tensors(storage, of: storage.values) { $0.part == .backbone }
        }
    }
}
