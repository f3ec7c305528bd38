import ConvolutionEngine

/// The operations, each with the shape that it gives.
extension Graph {
    /// The images, normalized, channels last.
    package mutating func input(height: Int, width: Int, channels: Int = 3) -> Value {
        add(.input, [], shape: Shape(height: height, width: width, channels: channels))
    }

    /// - Precondition: the kernel fits the padded input.
    package mutating func convolution(
        _ input: Value, _ geometry: ConvolutionGeometry, filter: Filter, bias: ParameterID? = nil
    ) -> Value {
        let shape = shape(of: input)
        precondition(shape.channels == geometry.inputChannels, "the convolution expects other channels")
        let output = Shape(
            height: geometry.outputLength(shape.height), width: geometry.outputLength(shape.width),
            channels: geometry.outputChannels)
        precondition(output.height > 0 && output.width > 0, "the kernel does not fit the image")
        return add(.convolution(geometry, filter: filter, bias: bias), [input], shape: output)
    }

    package mutating func batchNormalization(_ input: Value, _ parameters: BatchNormalization) -> Value {
        precondition(
            !parameters.isFrozen
                || parameter(parameters.scale).role != .trained
                    && parameter(parameters.shift).role != .trained,
            "what is frozen is not trained")
        return add(.batchNormalization(parameters), [input], shape: shape(of: input))
    }

    package mutating func relu(_ input: Value) -> Value {
        add(.relu, [input], shape: shape(of: input))
    }

    package mutating func add(_ first: Value, _ second: Value) -> Value {
        precondition(shape(of: first) == shape(of: second), "only equal shapes can be added")
        return add(.add, [first, second], shape: shape(of: first))
    }

    package mutating func maxPool(_ input: Value, size: Int, stride: Int, padding: Int) -> Value {
        let shape = shape(of: input)
        func length(_ input: Int) -> Int { (input + 2 * padding - size) / stride + 1 }
        return add(
            .maxPool(size: size, stride: stride, padding: padding), [input],
            shape: Shape(height: length(shape.height), width: length(shape.width), channels: shape.channels))
    }

    package mutating func globalAveragePool(_ input: Value) -> Value {
        add(.globalAveragePool, [input], shape: Shape(height: 1, width: 1, channels: shape(of: input).channels))
    }

    /// - Parameters height, width: fixed, so that the graph fits one size of images.
    package mutating func resize(_ input: Value, height: Int, width: Int) -> Value {
        add(
            .resize(like: nil), [input],
            shape: Shape(height: height, width: width, channels: shape(of: input).channels))
    }

    /// - Parameter reference: has the height and width that the output gets.
    package mutating func resize(_ input: Value, like reference: Value) -> Value {
        let size = shape(of: reference)
        return add(
            .resize(like: reference), [input],
            shape: Shape(height: size.height, width: size.width, channels: shape(of: input).channels))
    }

    /// The part of a resize that is `height` × `width` outputs, from a part of its input.
    mutating func resize(_ input: Value, _ part: ResizePart, height: Int, width: Int) -> Value {
        add(
            .resizePart(part), [input],
            shape: Shape(height: height, width: width, channels: shape(of: input).channels))
    }

    package mutating func concatenate(_ inputs: [Value]) -> Value {
        let first = shape(of: inputs[0])
        precondition(
            inputs.allSatisfy { shape(of: $0).height == first.height && shape(of: $0).width == first.width },
            "only maps of equal size can be concatenated")
        let channels = inputs.reduce(0) { $0 + shape(of: $1).channels }
        return add(
            .concatenate, inputs, shape: Shape(height: first.height, width: first.width, channels: channels))
    }

    package mutating func unitLength(_ input: Value) -> Value {
        add(.unitLength, [input], shape: shape(of: input))
    }
}
