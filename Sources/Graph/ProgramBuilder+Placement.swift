import ConvolutionEngine

/// Where activations and gradients lie, and what gives its place to another.
extension ProgramBuilder {
    /// Where `value` lies; it gets a buffer when first asked for.
    mutating func placement(_ value: Graph.Value) -> Placement {
        if let placement = placements[value] { return placement }
        let shape = shape(value)
        let placement = Placement(
            buffer: buffer(of: Float.self, count: samples * shape.count), pixelStride: shape.channels)
        placements[value] = placement
        return placement
    }

    /// Where the gradient of `value` goes, and whether it is to be added to what is there.
    mutating func gradientTarget(_ value: Graph.Value) -> (placement: Placement, accumulate: Bool) {
        if let placement = valueGradients[value] { return (placement, true) }
        let shape = shape(value)
        let placement = Placement(
            buffer: buffer(of: Float.self, count: samples * shape.count), pixelStride: shape.channels)
        valueGradients[value] = placement
        return (placement, false)
    }

    /// The finished gradient of `value`; every node that uses it has been lowered.
    func gradientPlacement(_ value: Graph.Value) -> Placement {
        guard let placement = valueGradients[value] else { preconditionFailure("an activation without a use") }
        return placement
    }

    /// Lets the gradient of `value` lie where something else lies that is not needed any more, or in a slice of the
    /// gradient of a concatenation.
    mutating func shareGradient(_ value: Graph.Value, _ placement: Placement) {
        valueGradients[value] = placement
    }

    /// Where the gradient of a pass's input goes if it may take the place of `outputGradient`, which only this pass
    /// reads.
    mutating func gradientTarget(
        _ value: Graph.Value, inPlaceOf outputGradient: Placement
    ) -> (placement: Placement, accumulate: Bool) {
        guard valueGradients[value] == nil, isWhole(outputGradient, shape(value)) else { return gradientTarget(value) }
        valueGradients[value] = outputGradient
        return (outputGradient, false)
    }

    /// Whether a tensor fills its buffer, being no slice of another.
    func isWhole(_ placement: Placement, _ shape: Graph.Shape) -> Bool {
        placement.buffer != nil && placement.channelOffset == 0 && placement.pixelStride == shape.channels
    }

    /// Lets `value` be computed again by what `lower` plans, if it is needed in the backward pass.
    mutating func setReplay(of value: Graph.Value, _ lower: @escaping (inout ProgramBuilder) -> Placement) {
        replays[value] = lower
    }

    func isOutput(_ value: Graph.Value) -> Bool { graph.outputs.contains { $0.value == value } }

    /// Where `value` lies in the backward pass.
    mutating func placementInBackward(_ value: Graph.Value) -> Placement {
        guard let replay = replays.removeValue(forKey: value) else { return placement(value) }
        let placement = replay(&self)
        placements[value] = placement
        return placement
    }

    /// The tensor at a placement.
    func view(_ placement: Placement, _ shape: Graph.Shape, _ emission: Emission) -> TensorView {
        let base = placement.buffer.map(emission.floats) ?? emission.inputs[placement.input]
        return TensorView(
            data: base + placement.channelOffset, samples: samples, height: shape.height, width: shape.width,
            channels: shape.channels, pixelStride: placement.pixelStride)
    }
}
