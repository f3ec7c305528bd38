import ConvolutionEngine
import Graph
import GraphTesting
import TensorCore
import Testing

/// Whole programs against a naive interpreter of their graphs in double precision.
@Suite struct GradientTests {
    private static let instructionSets = InstructionSet.allCases.filter(\.isAvailable)

    /// The first place at which float32 values stray from those in double by more than `tolerance` of the largest.
    private func stray(_ actual: [String: [Float]], _ expected: [String: [Double]], _ tolerance: Double) -> String? {
        guard Set(actual.keys) == Set(expected.keys) else { return "\(actual.keys) instead of \(expected.keys)" }
        for (name, values) in actual {
            let target = expected[name]!
            guard values.count == target.count else { return "\(name) has \(values.count) values" }
            let largest = target.map(abs).max() ?? 0
            for index in values.indices where !(abs(Double(values[index]) - target[index]) <= tolerance * largest) {
                return "\(name) at \(index): \(values[index]) instead of \(target[index])"
            }
        }
        return nil
    }

    /// A value passes some five sums of at most 150 terms here, each straying by some √150 · 2⁻²⁴ ≈ 10⁻⁶ at most.
    @Test(arguments: SmallGraph.all, instructionSets)
    func trainingMatchesInterpreter(_ own: SmallGraph, _ set: InstructionSet) throws {
        let run = try GraphRun(own.graph, samples: 3, isTraining: true, kernels: Kernels(set))
        let interpreter = run.interpreter()
        run.run()
        let expected = interpreter.run()
        #expect(stray(run.outputs, expected.outputs, 1e-5) == nil)
        #expect(stray(run.runningStatistics, expected.runningStatistics, 1e-5) == nil)
        #expect(run.strayingGradients(interpreter, tolerance: 1e-4) == [])
    }

    @Test(arguments: SmallGraph.all)
    func evaluationMatchesInterpreter(_ own: SmallGraph) throws {
        let run = try GraphRun(own.graph, samples: 2, isTraining: false)
        let before = run.runningStatistics
        run.run()
        #expect(stray(run.outputs, run.interpreter().run().outputs, 1e-5) == nil)
        #expect(run.runningStatistics == before)
    }

    /// Running a program again gives the same: nothing is left over from the first time.
    @Test(arguments: SmallGraph.all)
    func gradientsAreNotAddedUp(_ own: SmallGraph) throws {
        let run = try GraphRun(own.graph, samples: 2, isTraining: true)
        run.run()
        let first = [run.outputs, run.gradients]
        run.run()
        let isSame = first == [run.outputs, run.gradients]
        #expect(isSame)
    }

    @Test(arguments: SmallGraph.all)
    func threadsChangeNothing(_ own: SmallGraph) throws {
        var expected: [[String: [Float]]] = []
        for threads in [1, 2, 3] {
            let run = try GraphRun(own.graph, samples: 5, isTraining: true, threads: threads)
            run.run()
            let actual = [run.outputs, run.gradients, run.runningStatistics]
            if expected.isEmpty { expected = actual }
            let isSame = actual == expected
            #expect(isSame, "\(threads) threads")
        }
    }

    @Test(arguments: SmallGraph.all)
    func sampleDoesNotDependOnItsBatch(_ own: SmallGraph) throws {
        let together = try GraphRun(own.graph, samples: 3, isTraining: false)
        together.run()
        let alone = try GraphRun(own.graph, samples: 1, isTraining: false)
        let count = own.graph.shapes[0].count
        for sample in 0..<3 {
            alone.input.update(from: together.input + sample * count, count: count)
            alone.run()
            for (name, values) in alone.outputs {
                let slice = together.outputs[name]![sample * values.count..<(sample + 1) * values.count]
                let isSame = values == Array(slice)
                #expect(isSame)
            }
        }
    }
}
