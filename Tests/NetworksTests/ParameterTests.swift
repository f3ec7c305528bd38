import Configuration
import Graph
import Networks
import Testing

/// What networks say of their parameters, which is all that anybody knows of them.
@Suite("Parameters")
struct ParameterTests {
    static let methods: [ModelSettings.Method] = [.conv, .rcm, .seriesAdapters, .parallelAdapters]

    private func network(_ method: ModelSettings.Method, isNormalized: Bool = true) -> MultiTaskNetwork {
        MultiTaskNetwork(
            ModelSettings(width: 4, method: method, normalizedFeatureFusion: isNormalized, aspp: 4, low: 2),
            heads: [TaskHead(.edge, channels: 1), TaskHead(.normals, channels: 3)], height: 32, width: 32)
    }

    @Test("a name has the task that owns the parameter, and a shared name has none", arguments: methods)
    func names(method: ModelSettings.Method) {
        for graph in network(method).graphs {
            for parameter in graph.parameters {
                let words = parameter.name.split(separator: ".").map(String.init)
                let tasks = words.filter { ["edge", "normals"].contains($0) }
                switch parameter.owner {
                case .shared: #expect(tasks.isEmpty && parameter.sharedName == parameter.name)
                case .task(let task):
                    #expect(tasks == [task])
                    #expect(parameter.sharedName == words.filter { $0 != task }.joined(separator: "."))
                }
            }
        }
    }

    @Test("only a bank is frozen and shared, and a decoder is always a task's own", arguments: methods)
    func owners(method: ModelSettings.Method) {
        for graph in network(method).graphs {
            for parameter in graph.parameters {
                let isBank = method.hasBank && parameter.part == .backbone && parameter.kind == .filter
                #expect((parameter.role == .frozen) == isBank, "\(parameter.name)")
                let isShared = parameter.part == .backbone && (isBank || !method.hasBank)
                #expect((parameter.owner == .shared) == isShared, "\(parameter.name)")
            }
        }
    }

    @Test("parameters start as their kind demands, the same with every seed but for ordinary filters")
    func starts() throws {
        func parameter(_ name: String, _ method: ModelSettings.Method, isNormalized: Bool = true) throws -> [Float] {
            let graphs = network(method, isNormalized: isNormalized).graphs
            let own = try #require(graphs.lazy.flatMap(\.parameters).first { $0.name == name })
            let values = Initialization.draw(own, seed: 1)
            #expect((values == Initialization.draw(own, seed: 2)) == (own.start != .heUniform), "\(name)")
            return values
        }
        let identity: [Float] = (0..<16).map { $0 % 5 == 0 ? 1 : 0 }
        #expect(try parameter("conv1.Wt.edge.weight_v", .rcm) == identity)
        #expect(try parameter("conv1.Wt.edge.weight_g", .rcm) == [1, 1, 1, 1])
        #expect(try parameter("conv1.Wt.edge.weight", .rcm, isNormalized: false) == identity)
        #expect(try parameter("conv1.Wt.edge.weight", .seriesAdapters) == identity.map { _ in 0 })
        #expect(try parameter("bn1.bnorm.weight", .conv) == [1, 1, 1, 1])
        #expect(try parameter("bn1.bnorm.running_mean", .conv) == [0, 0, 0, 0])
        #expect(try parameter("predict.edge.bias", .conv) == [0])
        // Uniform within sqrt(6 / (3 · 49)) = 0.202.
        let filter = try parameter("conv1.Ws.weight", .rcm)
        #expect(filter.allSatisfy { abs($0) < 0.2021 } && filter.contains { abs($0) > 0.19 })
    }
}
