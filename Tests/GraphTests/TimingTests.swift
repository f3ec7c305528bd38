import ConvolutionEngine
import Graph
import GraphTesting
import TensorCore
import Testing

@Suite struct TimingTests {
    /// Which passes run is what the cost counts: a pass has steps where and only where it has operations.
    @Test func measuredPassesAreThoseThatCost() throws {
        var graph = Graph()
        let image = graph.input(height: 6, width: 5)
        func convolution(_ input: Graph.Value, _ name: String, inputs: Int, role: Graph.Parameter.Role) -> Graph.Value {
            graph.convolution(
                input, ConvolutionGeometry(inputChannels: inputs, outputChannels: 4, kernelSize: 3, padding: 1),
                filter: .parameter(graph.parameter(name, shape: [4, inputs, 3, 3], role: role)))
        }
        var value = convolution(image, "first", inputs: 3, role: .frozen)
        value = convolution(value, "second", inputs: 4, role: .trained)
        value = convolution(value, "third", inputs: 4, role: .frozen)
        graph.addOutput("depth", value)

        let kernels = Kernels(.best)
        let pool = ThreadPool(threads: 2)
        func storage(_ role: Graph.Parameter.Role) -> ParameterStorage {
            ParameterStorage(graph.parameters.filter { $0.role == role }, trained: role == .trained)
        }
        let input = AlignedMemory(byteCount: 2 * 6 * 5 * 3 * MemoryLayout<Float>.stride)
        let plan = try ProgramPlan(
            training: graph, samples: 2, tree: ReductionTree(samples: 2), kernels: kernels, threads: 2,
            bank: PreparedBank(storage: storage(.frozen), kernels: kernels, pool: pool), trained: storage(.trained),
            statistics: storage(.statistic))
        let program = plan.bind(arena: AlignedMemory(byteCount: plan.arenaByteCount), inputs: [input.floats()])

        program.runForward(on: pool)
        program.runBackward(on: pool)
        #expect(program.nanoseconds.isEmpty)

        program.measureSteps()
        program.runForward(on: pool)
        program.runBackward(on: pool)
        let measured = Set(program.nanoseconds.keys.map { "\($0.node) \($0.pass)" })
        var costly: Set<String> = []
        for (node, flop) in graph.cost.nodes.enumerated() {
            if flop.forward > 0 { costly.insert("\(node) forward") }
            if flop.backwardToData > 0 { costly.insert("\(node) backwardToData") }
            if flop.backwardToFilter > 0 { costly.insert("\(node) backwardToFilter") }
        }
        #expect(costly == ["1 forward", "2 forward", "3 forward", "2 backwardToFilter", "3 backwardToData"])
        #expect(measured == costly)
    }
}
