import Configuration
import Graph
import GraphTesting
import Networks
import Testing

/// Networks for inference against what they were merged from.
@Suite struct MergedNetworkTests {
    static let networks: [ModelSettings] = ModelSettings.Backbone.allCases.filter { $0 != .resnet34 }.flatMap {
        [
            ModelSettings(backbone: $0, width: 4, method: .rcm, aspp: 6, low: 3),
            ModelSettings(
                backbone: $0, width: 4, outputStride: 8, method: .rcm, normalizedFeatureFusion: false, aspp: 5, low: 2),
            ModelSettings(backbone: $0, width: 3, method: .seriesAdapters, aspp: 4, low: 3),
            ModelSettings(backbone: $0, width: 3, method: .parallelAdapters, aspp: 4, low: 3),
            ModelSettings(backbone: $0, width: 4, method: .conv, aspp: 5, low: 2),
        ]
    }

    private func graph(_ settings: ModelSettings, height: Int = 37, width: Int = 50) -> Graph {
        let heads = [TaskHead(.normals, channels: 3), TaskHead(.semseg, channels: 4)]
        return MultiTaskNetwork(settings, heads: heads, height: height, width: width).graphs[0]
    }

    private func convolutions(_ graph: Graph) -> Int {
        graph.nodes.count { if case .convolution = $0.operation { true } else { false } }
    }

    /// Both are as far from exact arithmetic as float32 makes them: some fifty layers of which each strays by some 10⁻⁶
    /// in proportion. Merging rounds the filters once more and saves the roundings of the maps between.
    @Test(arguments: networks)
    func answersAreThoseOfTheUnmergedNetwork(_ settings: ModelSettings) throws {
        let run = try GraphRun(graph(settings), samples: 2, isTraining: false)
        run.run()
        let merged = run.merged()
        let outputs = run.outputs(of: merged.graph, parameters: merged.parameters)
        for (name, exact) in run.interpreter().run().outputs {
            let largest = exact.map(abs).max()!
            let worst = zip(outputs[name]!, exact).map { abs(Double($0) - $1) }.max()!
            #expect(worst <= 1e-4 * largest, "\(name)")
        }
    }

    /// Nothing is left of modulators, adapters and batch norms, whatever the method: the graph is that of the plain
    /// network.
    @Test(arguments: networks)
    func theMergedNetworkHasNoMoreLayersThanThePlainOne(_ settings: ModelSettings) throws {
        var plain = settings
        plain.method = .conv
        let outputs: Set = [settings.method.hasBank ? "normals" : "semseg"]
        let merged = try GraphRun(graph(settings), samples: 1, isTraining: false).merged(outputs: outputs).graph
        let reference = try GraphRun(graph(plain), samples: 1, isTraining: false).merged(outputs: outputs).graph
        #expect(Set(merged.outputs.map(\.name)) == outputs)
        #expect(merged.nodes.allSatisfy { if case .batchNormalization = $0.operation { false } else { true } })
        #expect(merged.nodes.map(\.operation.kindOnly) == reference.nodes.map(\.operation.kindOnly))
        #expect(merged.cost.total.forward == reference.cost.total.forward)
        #expect(merged.cost.total.backwardToFilter == 0)
    }

    @Test(arguments: networks.prefix(5))
    func anotherSizeOfImagesGivesTheNetworkOfThatSize(_ settings: ModelSettings) throws {
        let small = try GraphRun(graph(settings), samples: 1, isTraining: false).merged()
        let run = try GraphRun(graph(settings, height: 61, width: 23), samples: 1, isTraining: false)
        let large = run.merged()
        let resized = small.graph.resized(height: 61, width: 23)
        #expect(resized.shapes == large.graph.shapes)
        let answers = run.outputs(of: resized, parameters: small.parameters)
        let isSame = answers == run.outputs(of: large.graph, parameters: large.parameters, threads: 3)
        #expect(isSame)
    }
}

extension Graph.Operation {
    /// The operation without the names of its parameters.
    fileprivate var kindOnly: String {
        switch self {
        case .convolution(let geometry, _, let bias): "\(geometry) \(bias != nil)"
        default: "\(self)"
        }
    }
}
