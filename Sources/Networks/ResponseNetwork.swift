import Configuration
import ConvolutionEngine
import Graph

/// A backbone without tasks that shows what each bank convolution responds, before its modulator and batch norm.
///
/// As a bank's file it has no task in its names. Its output stride is 32: the pretrained net as it was trained, not
/// dilated.
package struct ResponseNetwork: Sendable {
    /// A convolution of the bank.
    package struct Layer: Sendable {
        /// Such as `layer1.0.conv1`.
        package let name: String
        package let geometry: ConvolutionGeometry
        /// The running mean of the batch norm that follows.
        package let runningMean: String

        package var filter: String { ResNet.filterName(of: name) }
        package var modulator: String { ResNet.modulatorName(of: name) }
    }

    /// One output for each layer, in their order, under the filter's name.
    package let graph: Graph
    package let layers: [Layer]

    /// - Parameters:
    ///   - model: of method `conv` for a pretrained net, or `rcm` for a bank with modulators.
    ///   - height, width: the images' size in pixels.
    package init(_ model: ModelSettings, components: BankComponents = .all, height: Int, width: Int) {
        precondition(model.method == .conv || model.method == .rcm, "adapters have no bank's responses to modulate")
        var model = model
        model.outputStride = 32
        model.normalizedFeatureFusion = false
        var graph = Graph()
        let image = graph.input(height: height, width: width)
        _ = ResNet(model, task: nil, components: components).features(image, in: &graph)
        var layers: [Layer] = []
        // Both in the order of the network.
        var names = model.backbone.units.filter { !$0.isShortcut }.map(\.convolution).makeIterator()
        for node in graph.nodes {
            guard let convolution = node.convolution,
                graph.parameter(convolution.filter.owner).kind == .filter
            else { continue }
            let normalization = Self.normalization(after: node.output, in: graph)
            let layer = Layer(
                name: names.next()!, geometry: convolution.geometry,
                runningMean: graph.parameter(normalization.runningMean).name)
            precondition(
                layer.filter == graph.parameter(convolution.filter.owner).name,
                "the backbone has its convolutions in order")
            graph.addOutput(layer.filter, node.output)
            layers.append(layer)
        }
        self.graph = graph
        self.layers = layers
    }

    /// The batch norm that a response reaches, through its modulator if it has one.
    private static func normalization(after value: Graph.Value, in graph: Graph) -> Graph.BatchNormalization {
        guard let next = graph.nodes.first(where: { $0.inputs.contains(value) }) else {
            preconditionFailure("every convolution of a backbone is followed by a batch norm")
        }
        if let parameters = next.normalization { return parameters }
        return normalization(after: next.output, in: graph)
    }
}
