import ConvolutionEngine
import Graph
import GraphTesting

/// A graph small enough to be differentiated by differences, with the name of what it is about.
struct SmallGraph: Sendable, CustomStringConvertible {
    let name: String
    let graph: Graph

    var description: String { name }

    /// - Parameter build: makes the graph's outputs from the image.
    init(_ name: String, height: Int = 7, width: Int = 9, _ build: (inout GraphSketch, Graph.Value) -> Void) {
        self.name = name
        var sketch = GraphSketch()
        let image = sketch.graph.input(height: height, width: width)
        build(&sketch, image)
        graph = sketch.graph
    }
}

/// Adds operations to a graph with parameters named in order.
struct GraphSketch {
    var graph = Graph()
    private var parameters = 0

    private mutating func parameter(_ kind: String, _ shape: [Int], _ role: Graph.Parameter.Role = .trained)
        -> Graph.ParameterID
    {
        parameters += 1
        return graph.parameter("\(parameters).\(kind)", shape: shape, role: role)
    }

    mutating func convolution(
        _ input: Graph.Value, _ outputs: Int, kernel: Int = 3, stride: Int = 1, dilation: Int = 1, bias: Bool = false,
        frozen: Bool = false
    ) -> Graph.Value {
        let inputs = graph.shape(of: input).channels
        let geometry = ConvolutionGeometry(
            inputChannels: inputs, outputChannels: outputs, kernelSize: kernel, stride: stride,
            padding: dilation * (kernel / 2), dilation: dilation)
        let filter = parameter("filter", [outputs, inputs, kernel, kernel], frozen ? .frozen : .trained)
        return graph.convolution(
            input, geometry, filter: .parameter(filter), bias: bias ? parameter("bias", [outputs]) : nil)
    }

    mutating func fusion(_ input: Graph.Value, _ outputs: Int) -> Graph.Value {
        let inputs = graph.shape(of: input).channels
        return graph.convolution(
            input, ConvolutionGeometry(inputChannels: inputs, outputChannels: outputs),
            filter: .normalizedRows(
                direction: parameter("direction", [outputs, inputs, 1, 1]),
                gain: parameter("gain", [outputs, 1, 1, 1])))
    }

    mutating func normalization(_ input: Graph.Value, frozen: Bool = false) -> Graph.Value {
        let channels = [graph.shape(of: input).channels]
        let role: Graph.Parameter.Role = frozen ? .statistic : .trained
        return graph.batchNormalization(
            input,
            Graph.BatchNormalization(
                scale: parameter("scale", channels, role), shift: parameter("bias", channels, role),
                runningMean: parameter("mean", channels, .statistic),
                runningVariance: parameter("variance", channels, .statistic), isFrozen: frozen))
    }

    mutating func output(_ value: Graph.Value) {
        graph.addOutput("output\(graph.outputs.count)", value)
    }
}
