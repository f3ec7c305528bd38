import ConvolutionEngine
import Graph
import GraphTesting
import Testing

@Suite struct CostTests {
    /// Input 3 → frozen 3×3 stride 2 to 8 → normalized rows 8 to 8 → norm → ReLU → trained 1×1 to 5 with bias.
    private func network() -> Graph {
        var graph = Graph()
        let image = graph.input(height: 9, width: 12)
        let bank = graph.parameter("bank.weight", shape: [8, 3, 3, 3], role: .frozen)
        var value = graph.convolution(
            image, ConvolutionGeometry(inputChannels: 3, outputChannels: 8, kernelSize: 3, stride: 2, padding: 1),
            filter: .parameter(bank))
        let direction = graph.parameter("modulator.weight_v", shape: [8, 8, 1, 1], role: .trained)
        let gain = graph.parameter("modulator.weight_g", shape: [8, 1, 1, 1], role: .trained)
        value = graph.convolution(
            value, ConvolutionGeometry(inputChannels: 8, outputChannels: 8),
            filter: .normalizedRows(direction: direction, gain: gain))
        value = graph.batchNormalization(
            value,
            Graph.BatchNormalization(
                scale: graph.parameter("norm.weight", shape: [8], role: .trained),
                shift: graph.parameter("norm.bias", shape: [8], role: .trained),
                runningMean: graph.parameter("norm.running_mean", shape: [8], role: .statistic),
                runningVariance: graph.parameter("norm.running_var", shape: [8], role: .statistic)))
        value = graph.relu(value)
        let weight = graph.parameter("predict.weight", shape: [5, 8, 1, 1], role: .trained)
        let bias = graph.parameter("predict.bias", shape: [5], role: .trained)
        value = graph.convolution(
            value, ConvolutionGeometry(inputChannels: 8, outputChannels: 5), filter: .parameter(weight), bias: bias)
        graph.addOutput("semseg", value)
        return graph
    }

    @Test func convolutionsAreCountedDirectly() {
        let cost = network().cost
        // The output of the first is 5 × 6 pixels, and so are those that follow.
        let stem = 2 * 9 * 3 * 8 * 30
        let modulator = 2 * 8 * 8 * 30
        let prediction = 2 * 8 * 5 * 30
        #expect(cost.nodes.map(\.forward) == [0, stem, modulator, 0, 0, prediction])
        #expect(cost.total.forward == stem + modulator + prediction)
    }

    @Test func nothingIsComputedBackwardWhereNothingLearns() {
        let cost = network().cost
        let modulator = 2 * 8 * 8 * 30
        let prediction = 2 * 8 * 5 * 30
        // The bank's filter is never trained, and before the modulator nothing is.
        #expect(cost.nodes.map(\.backwardToFilter) == [0, 0, modulator, 0, 0, prediction])
        #expect(cost.nodes.map(\.backwardToData) == [0, 0, 0, 0, 0, prediction])
        #expect(
            cost.trainingStepFlop(samples: 3)
                == 3 * (cost.total.forward + cost.total.backwardToData + modulator + prediction))
    }

    @Test func aFrozenConvolutionBehindATrainedOneTakesItsGradientToTheData() {
        var graph = network()
        let features = graph.nodes[4].output
        let bank = graph.parameter("second.weight", shape: [8, 8, 3, 3], role: .frozen)
        let value = graph.convolution(
            features,
            ConvolutionGeometry(inputChannels: 8, outputChannels: 8, kernelSize: 3, padding: 2, dilation: 2),
            filter: .parameter(bank))
        graph.addOutput("edge", value)
        let second = graph.cost.nodes[6]
        // Padding counts as if it were pixels.
        let once = 2 * 9 * 8 * 8 * 30
        #expect([second.forward, second.backwardToData, second.backwardToFilter] == [once, once, 0])
    }

    @Test func parametersAreCountedByWhatBecomesOfThem() {
        let bytes = network().cost.parameterBytes
        #expect(bytes.bank == 4 * 8 * 27)
        #expect(bytes.trained == 4 * (64 + 8 + 8 + 8 + 40 + 5))
        #expect(bytes.statistics == 4 * 16)
    }
}
