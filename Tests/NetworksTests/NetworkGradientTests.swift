import Configuration
import ConvolutionEngine
import Graph
import GraphTesting
import Networks
import Testing

/// Whole networks against a naive interpreter of their graphs in double precision.
@Suite struct NetworkGradientTests {
    static let networks: [ModelSettings] = [
        ModelSettings(width: 4, method: .rcm, aspp: 6, low: 3),
        ModelSettings(
            width: 4, outputStride: 8, method: .rcm, normalizedFeatureFusion: false, aspp: 5, low: 2),
        ModelSettings(width: 3, method: .seriesAdapters, aspp: 4, low: 3),
        ModelSettings(width: 3, method: .parallelAdapters, aspp: 4, low: 3),
        ModelSettings(width: 4, method: .conv, aspp: 5, low: 2),
    ]

    /// Every method with norms that are frozen everywhere, and some with those of one part.
    static let frozen: [ModelSettings] =
        networks.map { own in
            var own = own
            (own.norm, own.decoderNorm) = (.frozen, .frozen)
            return own
        }
        + [(networks[0], ModelSettings.Norm.frozen, .batch), (networks[4], .batch, .frozen)].map { own, norm, decoder in
            var own = own
            (own.norm, own.decoderNorm) = (norm, decoder)
            return own
        }

    private func graph(_ description: ModelSettings) -> Graph {
        let heads = [TaskHead(.normals, channels: 3), TaskHead(.semseg, channels: 4)]
        return MultiTaskNetwork(description, heads: heads, height: 21, width: 28).graphs[0]
    }

    /// Some forty layers, each of which strays by some 10⁻⁶ in proportion and passes on what strayed before.
    @Test(arguments: networks + frozen)
    func gradientsMatchInterpreter(_ description: ModelSettings) throws {
        let run = try GraphRun(graph(description), samples: 4, isTraining: true)
        let interpreter = run.interpreter()
        run.run()
        #expect(run.strayingGradients(interpreter, tolerance: 1e-3) == [])
    }

    /// What is frozen is neither trained nor moved, and training computes with it what evaluation does.
    @Test(arguments: frozen.prefix(networks.count))
    func frozenNormsStayAsTheyAre(_ description: ModelSettings) throws {
        let graph = graph(description)
        let norms = graph.nodes.compactMap(\.normalization)
        #expect(!norms.isEmpty && norms.allSatisfy(\.isFrozen))
        let run = try GraphRun(graph, samples: 2, isTraining: true)
        let before = run.runningStatistics
        run.run()
        #expect(run.runningStatistics == before)
        let trained = Set(run.gradients.keys)
        for norm in norms {
            for id in [norm.scale, norm.shift] { #expect(!trained.contains(graph.parameter(id).name)) }
        }
        let evaluation = try GraphRun(graph, samples: 2, isTraining: false)
        evaluation.run()
        #expect(run.outputs.keys == evaluation.outputs.keys)
        for (name, values) in evaluation.outputs {
            let largest = values.map(abs).max()!
            let worst = zip(run.outputs[name]!, values).map { abs($0 - $1) }.max()!
            #expect(worst <= 1e-4 * largest, "\(name)")
        }
    }

    /// The files of a task have the same tensors, whatever is frozen.
    @Test(arguments: zip(networks, frozen))
    func frozenNormsAreInTheTasksFile(_ plain: ModelSettings, _ frozen: ModelSettings) {
        func tensors(_ description: ModelSettings) -> Set<String> {
            let graph = graph(description)
            let parameters = NetworkParameters([graph], training: false)
            return Set(
                parameters.tensors(ofTask: graph.outputs[0].name, in: [graph]).map { "\($0.name) \($0.shape)" })
        }
        #expect(tensors(plain) == tensors(frozen))
    }

    @Test(arguments: networks)
    func evaluationMatchesInterpreter(_ description: ModelSettings) throws {
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
    func predictionDoesNotDependOnItsSurroundings(_ description: ModelSettings) throws {
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
    func trainingDoesNotDependOnThreads(_ description: ModelSettings) throws {
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
