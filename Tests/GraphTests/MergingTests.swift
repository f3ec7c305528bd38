import ConvolutionEngine
import Graph
import GraphTesting
import Testing

/// What is folded into a convolution, and what is not.
@Suite struct MergingTests {
    private func kinds(_ graph: Graph) -> [String] {
        graph.nodes.dropFirst().map { node in
            switch node.operation {
            case .convolution(let geometry, _, _):
                "\(geometry.kernelSize)×\(geometry.kernelSize) \(geometry.inputChannels)→\(geometry.outputChannels)"
            case .batchNormalization: "normalization"
            case .relu: "relu"
            case .add: "add"
            default: "other"
            }
        }
    }

    /// Merges a graph, expects its layers, and compares the answers with exact arithmetic on the graph as it was.
    private func expect(
        _ expected: [String], _ name: String, _ build: (inout GraphSketch, Graph.Value) -> Void
    ) throws {
        for set in InstructionSet.allCases where set.isAvailable {
            let run = try GraphRun(SmallGraph(name, build).graph, samples: 2, isTraining: false, kernels: Kernels(set))
            let merged = run.merged(kernels: Kernels(set))
            #expect(kinds(merged.graph) == expected, "\(name)")
            let outputs = run.outputs(of: merged.graph, parameters: merged.parameters, kernels: Kernels(set))
            for (output, exact) in run.interpreter().run().outputs {
                let largest = exact.map(abs).max()!
                let worst = zip(outputs[output]!, exact).map { abs(Double($0) - $1) }.max()!
                // Sums of some hundred products, each rounded by 2⁻²⁴ of what has been summed.
                #expect(worst <= 1e-5 * largest, "\(name) on \(set)")
            }
        }
    }

    @Test func modulatorAndNormalizationBecomePartOfTheConvolution() throws {
        try expect(["3×3 3→8", "relu"], "rcm") { sketch, image in
            let response = sketch.fusion(sketch.convolution(image, 8, stride: 2, frozen: true), 8)
            sketch.output(sketch.graph.relu(sketch.normalization(response)))
        }
    }

    @Test func anAdapterInSeriesIsPartOfItsFilter() throws {
        try expect(["3×3 3→6"], "series") { sketch, image in
            let response = sketch.convolution(image, 6, dilation: 2, frozen: true)
            let adapted = sketch.convolution(sketch.normalization(response), 6, kernel: 1)
            sketch.output(sketch.normalization(sketch.graph.add(response, adapted)))
        }
    }

    @Test func anAdapterBesideIsAddedToTheCentre() throws {
        try expect(["3×3 3→6"], "parallel") { sketch, image in
            let response = sketch.convolution(image, 6, stride: 2, bias: true, frozen: true)
            sketch.output(sketch.graph.add(sketch.convolution(image, 6, kernel: 1, stride: 2), response))
        }
    }

    /// Padding stands for 0, which a linear map before it has moved.
    @Test func aConvolutionThatPadsIsNotFolded() throws {
        try expect(["1×1 3→4", "3×3 4→4"], "padding") { sketch, image in
            sketch.output(sketch.convolution(sketch.normalization(sketch.convolution(image, 4, kernel: 1)), 4))
        }
    }

    @Test func aFoldThatIsMoreWorkIsNotMade() throws {
        try expect(["3×3 3→2", "1×1 2→40"], "wide") { sketch, image in
            sketch.output(sketch.convolution(sketch.convolution(image, 2), 40, kernel: 1))
        }
    }

    @Test func whatIsAlsoUsedOtherwiseStaysAndIsNormalizedApart() throws {
        try expect(["3×3 3→4", "relu", "normalization", "add"], "shared") { sketch, image in
            let response = sketch.convolution(image, 4)
            let rectified = sketch.graph.relu(response)
            sketch.output(sketch.graph.add(rectified, sketch.normalization(response)))
        }
    }

    @Test func sumsOfDifferentPixelsStaySums() throws {
        try expect(["3×3 3→4", "relu", "3×3 4→4", "3×3 3→4", "add"], "residual") { sketch, image in
            let first = sketch.graph.relu(sketch.convolution(image, 4))
            let second = sketch.normalization(sketch.convolution(first, 4))
            sketch.output(sketch.graph.add(second, sketch.normalization(sketch.convolution(image, 4))))
        }
    }
}
