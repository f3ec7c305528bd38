import Configuration
import Graph
import Networks
import Testing

@Suite("The classifier of pretraining")
struct ClassifierTests {
    @Test(
        "a ResNet of output stride 32 without dilation, pooled, and one linear layer",
        arguments: [
            (ModelSettings.Backbone.resnet18, 8 * 8), (.resnet50, 8 * 8 * 4),
        ])
    func shapes(backbone: ModelSettings.Backbone, features: Int) throws {
        let graph = Classifier(backbone: backbone, width: 8, classes: 12, height: 96, width: 65).graph
        let pool = try #require(graph.nodes.first { $0.operation == .globalAveragePool })
        #expect(graph.shape(of: pool.inputs[0]) == Graph.Shape(height: 3, width: 3, channels: features))
        for node in graph.nodes {
            if case .convolution(let geometry, _, _) = node.operation { #expect(geometry.dilation == 1) }
        }
        #expect(graph.outputs.map(\.name) == [Classifier.output])
        #expect(graph.shape(of: graph.outputs[0].value) == Graph.Shape(height: 1, width: 1, channels: 12))
        let linear = graph.parameters.filter { $0.name.hasPrefix("fc.") }
        #expect(linear.map(\.name) == ["fc.weight", "fc.bias"])
        #expect(linear.map(\.shape) == [[12, features, 1, 1], [12]])
    }

    @Test(
        "a bank has exactly what a network of method rcm starts from",
        arguments: [ModelSettings.Backbone.resnet18, .resnet50])
    func bankFitsANetwork(backbone: ModelSettings.Backbone) {
        let classifier = Classifier(backbone: backbone, width: 4, classes: 3, height: 32, width: 32)
        let bank = Classifier.bankTensors(NetworkParameters([classifier.graph], training: false))
        var model = ModelSettings()
        model.backbone = backbone
        model.width = 4
        model.aspp = 8
        model.low = 8
        let network = MultiTaskNetwork(model, heads: [TaskHead(.depth, channels: 1)], height: 32, width: 32)
        var wanted: [String: [Int]] = [:]
        for parameter in network.graphs[0].parameters where !parameter.name.contains(".Wt.") {
            let isBackbone =
                parameter.name.hasPrefix("conv1.") || parameter.name.hasPrefix("bn1.")
                || (1...4).contains { parameter.name.hasPrefix("layer\($0).") }
            guard isBackbone else { continue }
            wanted[parameter.name.replacing(".depth.", with: ".")] = parameter.shape
        }
        #expect(Dictionary(uniqueKeysWithValues: bank.map { ($0.name, $0.shape) }) == wanted)
    }
}
