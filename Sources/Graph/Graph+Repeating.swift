/// Networks written again from others.
extension Graph {
    /// Writes `node`, which may be another graph's, on values and with parameters of this one.
    ///
    /// - Parameters:
    ///   - shape: of the output, for nodes that say their size themselves.
    ///   - reference: the value of this graph that stands for one of the other's.
    ///   - parameter: the parameter of this graph that stands for one of the other's.
    mutating func repeating(
        _ node: Node, inputs: [Value], shape: Shape? = nil, reference: (Value) -> Value,
        parameter: (ParameterID) -> ParameterID
    ) -> Value {
        switch node.operation {
        case .input:
            return input(height: shape!.height, width: shape!.width, channels: shape!.channels)
        case .convolution(let geometry, let filter, let bias):
            let own: Filter =
                switch filter {
                case .parameter(let id): .parameter(parameter(id))
                case .normalizedRows(let direction, let gain):
                    .normalizedRows(direction: parameter(direction), gain: parameter(gain))
                }
            return convolution(inputs[0], geometry, filter: own, bias: bias.map { parameter($0) })
        case .batchNormalization(let own):
            var copy = BatchNormalization(
                scale: parameter(own.scale), shift: parameter(own.shift), runningMean: parameter(own.runningMean),
                runningVariance: parameter(own.runningVariance), isFrozen: own.isFrozen)
            (copy.epsilon, copy.momentum) = (own.epsilon, own.momentum)
            return batchNormalization(inputs[0], copy)
        case .relu: return relu(inputs[0])
        case .add: return add(inputs[0], inputs[1])
        case .maxPool(let size, let stride, let padding):
            return maxPool(inputs[0], size: size, stride: stride, padding: padding)
        case .globalAveragePool: return globalAveragePool(inputs[0])
        case .resize(let like?): return resize(inputs[0], like: reference(like))
        case .resize(nil): return resize(inputs[0], height: shape!.height, width: shape!.width)
        case .resizePart(let part): return resize(inputs[0], part, height: shape!.height, width: shape!.width)
        case .concatenate: return concatenate(inputs)
        case .unitLength: return unitLength(inputs[0])
        }
    }

    /// The same network, with the same names of values and parameters, for images of another size.
    ///
    /// - Precondition: no size in it is fixed (see `resize(_:height:width:)`).
    package func resized(height: Int, width: Int) -> Graph {
        var graph = Graph()
        for own in parameters { _ = graph.add(own) }
        for node in nodes {
            switch node.operation {
            case .resize(nil), .resizePart: preconditionFailure("the graph fits one size of images")
            default: break
            }
            let shape = Shape(height: height, width: width, channels: shape(of: node.output).channels)
            let value = graph.repeating(
                node, inputs: node.inputs, shape: shape, reference: { $0 }, parameter: { $0 })
            precondition(value == node.output, "values are named in order")
        }
        for output in outputs { graph.addOutput(output.name, output.value) }
        return graph
    }
}
