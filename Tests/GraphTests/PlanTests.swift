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
        #expect(run.bank.gradient == nil && run.bank.velocity == nil)
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
