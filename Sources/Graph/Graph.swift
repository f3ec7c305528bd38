import ConvolutionEngine

/// A network as data: the one description that execution, cost, traces, export and merging read.
///
/// Values are activations of one sample; how many samples there are is decided when the graph is planned. Nodes stand
/// in an order in which every value is made before it is used.
package struct Graph: Sendable {
    /// The name of an activation within its graph.
    package struct Value: Hashable, Sendable {
        let index: Int
    }

    /// The name of a parameter within its graph.
    package struct ParameterID: Hashable, Sendable {
        let index: Int
    }

    /// The size of one sample of an activation.
    package struct Shape: Hashable, Sendable {
        package var height: Int
        package var width: Int
        package var channels: Int

        package init(height: Int, width: Int, channels: Int) {
            self.height = height
            self.width = width
            self.channels = channels
        }

        package var count: Int { height * width * channels }
    }

    /// Where a convolution's weights come from.
    package enum Filter: Hashable, Sendable {
        case parameter(ParameterID)
        /// Normalized feature fusion (section 3.4): each row is gain · direction / ‖direction‖.
        case normalizedRows(direction: ParameterID, gain: ParameterID)
    }

    /// Batch normalization's parameters, one value per channel each.
    package struct BatchNormalization: Hashable, Sendable {
        package var scale: ParameterID
        package var shift: ParameterID
        package var runningMean: ParameterID
        package var runningVariance: ParameterID
        package var epsilon = 1e-5
        package var momentum = 0.1
        /// Whether all four are constants in training too: batches are normalized by the running statistics, which stay,
        /// and scale and shift get no gradient, as with torchvision's FrozenBatchNorm2d.
        package var isFrozen: Bool

        package init(
            scale: ParameterID, shift: ParameterID, runningMean: ParameterID, runningVariance: ParameterID,
            isFrozen: Bool = false
        ) {
            self.isFrozen = isFrozen
            self.scale = scale
            self.shift = shift
            self.runningMean = runningMean
            self.runningVariance = runningVariance
        }
    }

    package enum Operation: Hashable, Sendable {
        case input
        case convolution(ConvolutionGeometry, filter: Filter, bias: ParameterID?)
        case batchNormalization(BatchNormalization)
        case relu
        case add
        case maxPool(size: Int, stride: Int, padding: Int)
        case globalAveragePool
        /// Bilinear, half-pixel centres, to the output's shape, which is that of `like` whatever the image's size.
        case resize(like: Value?)
        /// A part of such a resize, for windows of a graph.
        case resizePart(ResizePart)
        case concatenate
        /// Each pixel's channels divided by their Euclidean length (epsilon 1e-12).
        case unitLength
    }

    package struct Node: Sendable {
        package let operation: Operation
        package let inputs: [Value]
        package let output: Value
    }

    /// What the network is asked for, by task.
    package struct Output: Sendable {
        package let name: String
        package let value: Value
    }

    package private(set) var shapes: [Shape] = []
    package private(set) var nodes: [Node] = []
    package private(set) var parameters: [Parameter] = []
    package private(set) var outputs: [Output] = []

    package init() {}

    package func shape(of value: Value) -> Shape { shapes[value.index] }

    package func parameter(_ id: ParameterID) -> Parameter { parameters[id.index] }

    /// Adds a parameter; one that is there already is not added again.
    package mutating func add(_ parameter: Parameter) -> ParameterID {
        let name = parameter.name
        if let index = parameters.firstIndex(where: { $0.name == name }) {
            precondition(parameters[index] == parameter, "\(name) is declared twice, and differently")
            return ParameterID(index: index)
        }
        parameters.append(parameter)
        return ParameterID(index: parameters.count - 1)
    }

    package mutating func addOutput(_ name: String, _ value: Value) {
        outputs.append(Output(name: name, value: value))
    }

    mutating func add(_ operation: Operation, _ inputs: [Value], shape: Shape) -> Value {
        shapes.append(shape)
        let output = Value(index: shapes.count - 1)
        nodes.append(Node(operation: operation, inputs: inputs, output: output))
        return output
    }
}
