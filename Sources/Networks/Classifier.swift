import Checkpoints
import Configuration
import ConvolutionEngine
import Graph

/// The classifier that a filter bank is pretrained with: a ResNet of method `conv` at output stride 32, global average
/// pooling and one linear layer, as in He et al. (see ``ResNet``).
///
/// Its convolutions, batch norms and shortcuts have the names that networks with a bank look for, without a task; the
/// linear layer is `fc.weight` [classes, channels, 1, 1] and `fc.bias`.
package struct Classifier: Sendable {
    /// The name of the only output: 1 × 1 × classes per sample, before the softmax.
    package static let output = "classes"

    package let graph: Graph

    /// - Parameters:
    ///   - classes: how many classes are told apart.
    ///   - height, width: the images' size in pixels; any from 1 × 1 on.
    package init(
        backbone: ModelSettings.Backbone, width channels: Int, classes: Int, height: Int, width: Int
    ) {
        var model = ModelSettings()
        model.backbone = backbone
        model.width = channels
        model.method = .conv
        model.outputStride = 32
        var graph = Graph()
        let image = graph.input(height: height, width: width)
        let pooled = graph.globalAveragePool(ResNet(model, task: nil).features(image, in: &graph).high)
        let geometry = ConvolutionGeometry(
            inputChannels: graph.shape(of: pooled).channels, outputChannels: classes)
        let weight = graph.parameter(
            "fc.weight", shape: [classes, geometry.inputChannels, 1, 1], role: .trained)
        let bias = graph.parameter("fc.bias", shape: [classes], role: .trained)
        graph.addOutput(
            Self.output, graph.convolution(pooled, geometry, filter: .parameter(weight), bias: bias))
        self.graph = graph
    }

    /// Whether a parameter belongs to the linear layer.
    static func isHead(_ name: String) -> Bool {
        name.hasPrefix("fc.")
    }

    /// What a bank's file holds: everything but the linear layer, as `Initialization` reads it.
    ///
    /// - Parameter parameters: those of this classifier; they must stay until the file is written.
    package static func bankTensors(_ parameters: NetworkParameters) -> [TensorEntry] {
        let group = parameters.groups[0]
        return [group.trained, group.statistics].flatMap { NetworkParameters.tensors($0, of: $0.values) }
            .filter { !isHead($0.name) }
    }
}
