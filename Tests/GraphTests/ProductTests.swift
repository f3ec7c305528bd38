import ConvolutionEngine
import Graph
import GraphTesting
import Testing

/// 1×1 filters of the bank are trained through their product with the modulator.
@Suite struct ProductTests {
    /// Bottlenecks that keep the width or widen it, behind what learns and behind what does not, with either modulator.
    private static func bottleneck(widens: Bool, normalizesRows: Bool) -> SmallGraph {
        SmallGraph("widens: \(widens), normalizes rows: \(normalizesRows)") { sketch, image in
            let outputs = widens ? 36 : 9
            func modulated(_ sketch: inout GraphSketch, _ input: Graph.Value, _ outputs: Int) -> Graph.Value {
                let response = sketch.convolution(input, outputs, kernel: 1, frozen: true)
                return normalizesRows
                    ? sketch.fusion(response, outputs) : sketch.convolution(response, outputs, kernel: 1)
            }
            var value = modulated(&sketch, image, 9)
            value = sketch.graph.relu(sketch.normalization(value))
            value = sketch.normalization(modulated(&sketch, value, outputs))
            sketch.output(sketch.graph.relu(value))
        }
    }

    private static let all = [true, false].flatMap { widens in
        [true, false].map { bottleneck(widens: widens, normalizesRows: $0) }
    }

    private static let sets = InstructionSet.allCases.filter(\.isAvailable)

    /// Two sums more than GradientTests allow for stand between a value and its definition.
    @Test(arguments: all, sets)
    func trainingMatchesInterpreter(_ own: SmallGraph, _ set: InstructionSet) throws {
        let run = try GraphRun(own.graph, samples: 3, isTraining: true, kernels: Kernels(set, choice: .auto))
        let interpreter = run.interpreter()
        run.run()
        let expected = interpreter.run().outputs["output0"]!
        let largest = expected.map(abs).max()!
        let error = zip(run.outputs["output0"]!, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
        #expect(error <= 2e-5 * largest)
        #expect(run.strayingGradients(interpreter, tolerance: 1e-4) == [])
    }

    @Test(arguments: all)
    func threadsChangeNothing(_ own: SmallGraph) throws {
        let expected = try GraphRun(
            own.graph, samples: 5, isTraining: true, kernels: Kernels(.best, choice: .auto), threads: 1)
        expected.run()
        for threads in [2, 3] {
            let run = try GraphRun(
                own.graph, samples: 5, isTraining: true, kernels: Kernels(.best, choice: .auto), threads: threads)
            run.run()
            run.run()
            let isSame = run.outputs == expected.outputs && run.gradients == expected.gradients
            #expect(isSame, "\(threads) threads")
        }
    }

    /// The bank's response, the widest activation of a bottleneck, is not stored where the product is less work.
    @Test func responseIsNotStored() throws {
        let graph = SmallGraph("wide", height: 32, width: 32) { sketch, image in
            var value = sketch.convolution(image, 8)
            for _ in 0..<4 {
                value = sketch.convolution(sketch.convolution(value, 64, kernel: 1, frozen: true), 64, kernel: 1)
                value = sketch.convolution(value, 8, kernel: 1)
            }
            sketch.output(value)
        }.graph
        func bytes(_ choice: ConvolutionChoice) throws -> Int {
            try GraphRun(graph, samples: 2, isTraining: true, kernels: Kernels(.best, choice: choice))
                .plan.arenaByteCount
        }
        let response = 2 * 32 * 32 * 64 * MemoryLayout<Float>.stride
        #expect(try bytes(.auto) < bytes(.direct) - 2 * response)
    }
}
