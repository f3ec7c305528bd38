import ConvolutionEngine
import Graph
import GraphTesting
import Networks
import Testing

/// Whole networks against a naive interpreter of their graphs in double precision.
@Suite struct NetworkGradientTests {
    static let networks: [NetworkDescription] = [
        NetworkDescription(width: 4, method: .rcm, asppChannels: 6, lowLevelChannels: 3),
        NetworkDescription(
            width: 4, outputStride: 8, method: .rcm, normalizedFusion: false, asppChannels: 5, lowLevelChannels: 2),
        NetworkDescription(width: 3, method: .seriesAdapters, asppChannels: 4, lowLevelChannels: 3),
        NetworkDescription(width: 3, method: .parallelAdapters, asppChannels: 4, lowLevelChannels: 3),
        NetworkDescription(width: 4, method: .conv, asppChannels: 5, lowLevelChannels: 2),
    ]

    private func graph(_ description: NetworkDescription) -> Graph {
        let heads = [TaskHead(name: "normals", channels: 3, isDirection: true), TaskHead(name: "semseg", channels: 4)]
        return MultiTaskNetwork(description, heads: heads, height: 21, width: 28).graphs[0]
    }

    /// Some forty layers, each of which strays by some 10⁻⁶ in proportion and passes on what strayed before.
    @Test(arguments: networks)
    func gradientsMatchInterpreter(_ description: NetworkDescription) throws {
        let run = try GraphRun(graph(description), samples: 4, isTraining: true)
        let interpreter = run.interpreter()
        run.run()
        #expect(run.strayingGradients(interpreter, tolerance: 1e-3) == [])
    }

    @Test(arguments: networks)
    func evaluationMatchesInterpreter(_ description: NetworkDescription) throws {
        let run = try GraphRun(graph(description), samples: 2, isTraining: false)
        run.run()
        for (name, expected) in run.interpreter().run().outputs {
            let largest = expected.map(abs).max()!
            let worst = zip(run.outputs[name]!, expected).map { abs(Double($0) - $1) }.max()!
            #expect(worst <= 1e-4 * largest, "\(name)")
        }
    }

    /// The bits of a prediction depend neither on threads nor on the rest of the batch.
    @Test(arguments: networks)
    func predictionDoesNotDependOnItsSurroundings(_ description: NetworkDescription) throws {
        let graph = graph(description)
        let together = try GraphRun(graph, samples: 3, isTraining: false, threads: 3)
        together.run()
        for threads in [1, 2] {
            let alone = try GraphRun(graph, samples: 1, isTraining: false, threads: threads)
            let count = graph.shapes[0].count
            for sample in 0..<3 {
                alone.input.update(from: together.input + sample * count, count: count)
                alone.run()
                for (name, values) in alone.outputs {
                    let slice = together.outputs[name]![sample * values.count..<(sample + 1) * values.count]
                    let isSame = values == Array(slice)
                    #expect(isSame, "\(name), sample \(sample)")
                }
            }
        }
    }

    @Test(arguments: networks)
    func trainingDoesNotDependOnThreads(_ description: NetworkDescription) throws {
        let graph = graph(description)
        var expected: [[String: [Float]]] = []
        for threads in [1, 2, 3] {
            let run = try GraphRun(graph, samples: 3, isTraining: true, threads: threads)
            run.run()
            let actual = [run.outputs, run.gradients, run.runningStatistics]
            if expected.isEmpty { expected = actual }
            let isSame = actual == expected
            #expect(isSame, "\(threads) threads")
        }
    }
}
