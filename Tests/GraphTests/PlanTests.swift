import ConvolutionEngine
import Graph
import GraphTesting
import Testing

/// What a plan keeps, fuses and refuses.
@Suite struct PlanTests {
    /// A trained convolution, then `count` convolutions and ReLUs.
    private func chain(frozen: Bool, count: Int) -> SmallGraph {
        SmallGraph("chain", height: 32, width: 32) { sketch, image in
            var value = sketch.convolution(image, 16)
            for _ in 0..<count { value = sketch.graph.relu(sketch.convolution(value, 16, frozen: frozen)) }
            sketch.output(value)
        }
    }

    /// A frozen convolution keeps no input, and ReLU one bit a value; a trained convolution keeps its input.
    @Test func frozenConvolutionsKeepNothing() throws {
        let activation = 2 * 32 * 32 * 16 * MemoryLayout<Float>.stride
        func bytes(frozen: Bool, _ count: Int) throws -> Int {
            try GraphRun(chain(frozen: frozen, count: count).graph, samples: 2, isTraining: true).plan.arenaByteCount
        }
        let frozen = try bytes(frozen: true, 12) - bytes(frozen: true, 4)
        #expect(frozen == 8 * activation / 32)
        let trained = try bytes(frozen: false, 12) - bytes(frozen: false, 4)
        #expect(trained >= 8 * activation)
    }

    /// Of a trained convolution with batch normalization and ReLU its response is kept; what follows from that is
    /// computed again.
    @Test func whatIsNormalizedIsKeptOnce() throws {
        func bytes(_ count: Int) throws -> Int {
            let graph = SmallGraph("units", height: 32, width: 32) { sketch, image in
                var value = image
                for _ in 0..<count {
                    value = sketch.graph.relu(sketch.normalization(sketch.convolution(value, 16)))
                }
                sketch.output(value)
            }.graph
            return try GraphRun(graph, samples: 2, isTraining: true).plan.arenaByteCount
        }
        let activation = 2 * 32 * 32 * 16 * MemoryLayout<Float>.stride
        // One response, and one bit a value.
        let kept = activation + activation / 32
        #expect(try bytes(12) - bytes(4) <= 8 * kept + 8 * 1024)
    }

    @Test func gradientTakesTheOutputsPlace() throws {
        let run = try GraphRun(chain(frozen: false, count: 1).graph, samples: 2, isTraining: true)
        #expect(run.program.outputs[0].gradient?.data == run.program.outputs[0].value.data)
    }

    @Test func bankHasNoGradient() throws {
        let run = try GraphRun(chain(frozen: true, count: 3).graph, samples: 2, isTraining: true)
        let before = (0..<run.bank.layout.count).map { run.bank.values.floats()[$0] }
        run.run()
        #expect(run.bank.layout.entries.count == 3)
        #expect(run.bank.gradient == nil)
        #expect(run.gradients.keys.sorted() == ["1.filter"])
        let isUntouched = (0..<run.bank.layout.count).allSatisfy { run.bank.values.floats()[$0] == before[$0] }
        #expect(isUntouched)
    }

    @Test func evaluationKeepsNothing() throws {
        let graph = chain(frozen: false, count: 12).graph
        let training = try GraphRun(graph, samples: 2, isTraining: true).plan.arenaByteCount
        let evaluation = try GraphRun(graph, samples: 2, isTraining: false).plan.arenaByteCount
        #expect(evaluation < training / 3)
    }

    /// Asking for what lies between as outputs (with gradient 0) forbids fusion, and changes no value.
    @Test(arguments: [false, true])
    func fusionChangesNothing(hasResidual: Bool) throws {
        func graph(fused: Bool) -> Graph {
            SmallGraph("fusion") { sketch, image in
                let input = sketch.convolution(image, 18)
                var between: [Graph.Value] = []
                var value = sketch.normalization(sketch.convolution(input, 18))
                between.append(value)
                if hasResidual {
                    value = sketch.graph.add(value, input)
                    between.append(value)
                }
                sketch.output(sketch.convolution(sketch.graph.relu(value), 3))
                if !fused { for value in between { sketch.output(value) } }
            }.graph
        }
        let fused = try GraphRun(graph(fused: true), samples: 3, isTraining: true)
        let unfused = try GraphRun(graph(fused: false), samples: 3, isTraining: true)
        fused.run()
        unfused.run { $0 == "output0" }
        let isSameOutput = fused.outputs["output0"]! == unfused.outputs["output0"]!
        let isSameGradient = fused.gradients == unfused.gradients
        #expect(isSameOutput && isSameGradient)
        #expect(fused.runningStatistics == unfused.runningStatistics)
        #expect(fused.plan.arenaByteCount < unfused.plan.arenaByteCount)
    }

    /// An addition and a ReLU behind a normalization are computed in its pass, forward and backward, and a concatenation
    /// finds its inputs in place: no loop is run for any of them.
    @Test func whatIsFusedHasNoLoopOfItsOwn() throws {
        let graph = SmallGraph("fused") { sketch, image in
            let shortcut = sketch.convolution(image, 6)
            let sum = sketch.graph.add(sketch.normalization(sketch.convolution(image, 6)), shortcut)
            let other = sketch.graph.relu(sketch.normalization(sketch.convolution(image, 5)))
            sketch.output(sketch.convolution(sketch.graph.concatenate([sketch.graph.relu(sum), other]), 3))
        }.graph
        let run = try GraphRun(graph, samples: 2, isTraining: true)
        run.program.measureSteps()
        run.run()
        var nodes: Set<Int> = []
        run.program.forEachWork { work, _, _ in nodes.insert(work.node) }
        for node in nodes {
            switch graph.nodes[node].operation {
            case .convolution, .batchNormalization: break
            default: Issue.record("a loop for \(graph.nodes[node].operation)")
            }
        }
        #expect(nodes.count == 6)
    }

    /// A normalization's sums are taken in the loop of the convolution that is computed right before, forward and
    /// backward; where other nodes come between, in one of their own. It changes no bit.
    @Test(arguments: [ConvolutionChoice.direct, .auto], [1, 2, 3])
    func sumsAreTakenBehindConvolutions(_ choice: ConvolutionChoice, threads: Int) throws {
        func graph(apart: Bool) -> Graph {
            var graph = Graph()
            let image = graph.input(height: 33, width: 20)
            func convolution(_ name: String, _ input: Graph.Value) -> Graph.Value {
                let inputs = graph.shape(of: input).channels
                return graph.convolution(
                    input, ConvolutionGeometry(inputChannels: inputs, outputChannels: 18, kernelSize: 3, padding: 1),
                    filter: .parameter(graph.parameter(name, shape: [18, inputs, 3, 3], role: .trained)))
            }
            var others: [Graph.Value] = []
            if !apart { others = [convolution("other", image), convolution("another", image)] }
            var value = convolution("first", image)
            if apart { others.append(convolution("other", image)) }
            value = graph.batchNormalization(
                value,
                Graph.BatchNormalization(
                    scale: graph.parameter("scale", shape: [18], role: .trained),
                    shift: graph.parameter("bias", shape: [18], role: .trained),
                    runningMean: graph.parameter("mean", shape: [18], role: .statistic),
                    runningVariance: graph.parameter("variance", shape: [18], role: .statistic)))
            value = graph.relu(value)
            if apart { others.append(convolution("another", image)) }
            value = convolution("second", value)
            graph.addOutput("output", graph.add(graph.add(value, others[0]), others[1]))
            return graph
        }
        func run(apart: Bool) throws -> GraphRun {
            let run = try GraphRun(
                graph(apart: apart), samples: 3, isTraining: true, kernels: Kernels(.best, choice: choice),
                threads: threads)
            run.program.measureSteps()
            run.run()
            return run
        }
        func loops(_ run: GraphRun, _ pass: Program.Pass) -> Int {
            var count = 0
            run.program.forEachWork { work, _, _ in
                if case .batchNormalization = run.graph.nodes[work.node].operation, work.pass == pass { count += 1 }
            }
            return count
        }
        let (behind, apart) = (try run(apart: false), try run(apart: true))
        #expect(loops(behind, .forward) == loops(apart, .forward) - 1)
        #expect(loops(behind, .backwardToData) == loops(apart, .backwardToData) - 1)
        let isSame =
            behind.outputs == apart.outputs && behind.gradients == apart.gradients
            && behind.runningStatistics == apart.runningStatistics
        #expect(isSame)
    }

    @Test func oneValuePerChannelIsRefusedInTraining() throws {
        let graph = SmallGraph("global branch") { sketch, image in
            let pooled = sketch.graph.globalAveragePool(sketch.convolution(image, 4))
            sketch.output(sketch.normalization(sketch.convolution(pooled, 5)))
        }.graph
        let error = #expect(throws: PlanningError.self) { try GraphRun(graph, samples: 1, isTraining: true) }
        #expect(error?.description.contains("batch of at least 2") == true)
        _ = try GraphRun(graph, samples: 2, isTraining: true)
        _ = try GraphRun(graph, samples: 1, isTraining: false)
    }
}
