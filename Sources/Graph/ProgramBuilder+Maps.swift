import CConvolution
import CThreadPool
import ConvolutionEngine

extension ProgramBuilder {
    /// An addition, with the ReLU that directly follows it, or a ReLU alone.
    mutating func lowerAddition(_ index: Int) -> [Int] {
        let node = graph.nodes[index]
        var nodes = [index]
        var output = node.output
        var relu = node.operation == .relu
        if !relu, let (place, next) = onlyConsumer(output), next.operation == .relu {
            relu = true
            output = next.output
            nodes.append(place)
        }
        let shape = shape(output)
        let places = node.inputs.map { placement($0) }
        let outputPlace = placement(output)
        let mask =
            relu && isTraining
            ? buffer(of: UInt16.self, count: samples * shape.height * shape.width * ((shape.channels + 15) / 16)) : nil
        planAddition(places[0], places.count > 1 ? places[1] : nil, to: outputPlace, shape, relu: relu, mask: mask)
        inBackward(of: output) { builder in
            let outputGradient = builder.gradientPlacement(output)
            for input in node.inputs where builder.needsGradient(input) {
                let target = builder.gradientTarget(input)
                if let mask {
                    builder.planReluGradient(outputGradient, target.placement, shape, mask, target.accumulate)
                } else {
                    builder.planAddition(
                        outputGradient, target.accumulate ? target.placement : nil, to: target.placement, shape)
                }
            }
        }
        return nodes
    }

    /// y = relu(a + b), or a copy of a.
    mutating func planAddition(
        _ a: Placement, _ b: Placement?, to y: Placement, _ shape: Graph.Shape, relu: Bool = false,
        mask: MemoryPlan.Buffer? = nil
    ) {
        plan([a.buffer, b?.buffer, y.buffer, mask]) { [self] emission in
            let target = view(y, shape, emission)
            let pass = mdl_add(
                a: view(a, shape, emission).view, b: b.map { view($0, shape, emission).view } ?? mdl_view(),
                y: target.view, extent: target.extent, rows: target.rows, relu: relu ? 1 : 0,
                mask: mask.map { emission.raw($0).assumingMemoryBound(to: UInt16.self) })
            return [emission.step(emission.kernels.passes.add, pass, items: samples * Int(target.rows.chunks))]
        }
    }

    private mutating func planReluGradient(
        _ dy: Placement, _ dx: Placement, _ shape: Graph.Shape, _ mask: MemoryPlan.Buffer, _ accumulate: Bool
    ) {
        plan([dy.buffer, dx.buffer, mask]) { [self] emission in
            let target = view(dx, shape, emission)
            let pass = mdl_relu_backward(
                dy: view(dy, shape, emission).view, dx: target.view, extent: target.extent, rows: target.rows,
                mask: emission.raw(mask).assumingMemoryBound(to: UInt16.self), accumulate: accumulate ? 1 : 0)
            return [
                emission.step(emission.kernels.passes.relu_backward, pass, items: samples * Int(target.rows.chunks))
            ]
        }
    }

    mutating func lowerMaxPool(_ node: Graph.Node, size: Int, stride: Int, padding: Int) {
        let (input, output) = (node.inputs[0], node.output)
        let (inputShape, outputShape) = (shape(input), shape(output))
        let (inputPlace, outputPlace) = (placement(input), placement(output))
        let choice = isTraining ? buffer(of: UInt8.self, count: samples * outputShape.count) : nil
        plan([inputPlace.buffer, outputPlace.buffer, choice]) { [self] emission in
            let (x, y) = (view(inputPlace, inputShape, emission), view(outputPlace, outputShape, emission))
            let pass = mdl_max_pool(
                x: x.view, y: y.view, input: x.extent, output: y.extent, rows: y.rows, size: Int32(size),
                stride: Int32(stride), padding: Int32(padding),
                choice: choice.map { emission.raw($0).assumingMemoryBound(to: UInt8.self) })
            return [emission.step(emission.kernels.passes.max_pool, pass, items: samples * Int(y.rows.chunks))]
        }
        guard needsGradient(input), let choice else { return }
        inBackward(of: output) { builder in
            let outputGradient = builder.gradientPlacement(output)
            let target = builder.gradientTarget(input)
            builder.plan([outputGradient.buffer, target.placement.buffer, choice]) { [builder] emission in
                let dx = builder.view(target.placement, inputShape, emission)
                let dy = builder.view(outputGradient, outputShape, emission)
                let pass = mdl_max_pool_backward(
                    dy: dy.view, dx: dx.view, input: dx.extent, output: dy.extent, rows: dx.rows, size: Int32(size),
                    stride: Int32(stride), padding: Int32(padding),
                    choice: emission.raw(choice).assumingMemoryBound(to: UInt8.self),
                    accumulate: target.accumulate ? 1 : 0)
                let items = builder.samples * Int(dx.rows.chunks)
                return [emission.step(emission.kernels.passes.max_pool_backward, pass, items: items)]
            }
        }
    }

    mutating func lowerGlobalAveragePool(_ node: Graph.Node) {
        let (input, output) = (node.inputs[0], node.output)
        let (inputShape, outputShape) = (shape(input), shape(output))
        let (inputPlace, outputPlace) = (placement(input), placement(output))
        plan([inputPlace.buffer, outputPlace.buffer]) { [self] emission in
            let x = view(inputPlace, inputShape, emission)
            let pass = mdl_global_average_pool(
                x: x.view, y: view(outputPlace, outputShape, emission).view, extent: x.extent)
            let items = samples * channelGroups(inputShape.channels)
            return [emission.step(emission.kernels.passes.global_average_pool, pass, items: items)]
        }
        guard needsGradient(input) else { return }
        inBackward(of: output) { builder in
            let outputGradient = builder.gradientPlacement(output)
            let target = builder.gradientTarget(input)
            builder.plan([outputGradient.buffer, target.placement.buffer]) { [builder] emission in
                let dx = builder.view(target.placement, inputShape, emission)
                let pass = mdl_global_average_pool_backward(
                    dy: builder.view(outputGradient, outputShape, emission).view, dx: dx.view, extent: dx.extent,
                    rows: dx.rows, accumulate: target.accumulate ? 1 : 0)
                let items = builder.samples * Int(dx.rows.chunks)
                return [emission.step(emission.kernels.passes.global_average_pool_backward, pass, items: items)]
            }
        }
    }

    mutating func lowerResize(_ node: Graph.Node, vertical: ResizeAxis, horizontal: ResizeAxis) {
        let (input, output) = (node.inputs[0], node.output)
        let (inputShape, outputShape) = (shape(input), shape(output))
        let (inputPlace, outputPlace) = (placement(input), placement(output))
        plan([inputPlace.buffer, outputPlace.buffer]) { [self] emission in
            let (x, y) = (view(inputPlace, inputShape, emission), view(outputPlace, outputShape, emission))
            let pass = mdl_resize(
                x: x.view, y: y.view, input: x.extent, output: y.extent, rows: y.rows,
                vertical: emission.arguments.keep(vertical.taps), horizontal: emission.arguments.keep(horizontal.taps))
            return [emission.step(emission.kernels.passes.resize, pass, items: samples * Int(y.rows.chunks))]
        }
        guard needsGradient(input) else { return }
        inBackward(of: output) { builder in
            let outputGradient = builder.gradientPlacement(output)
            let target = builder.gradientTarget(input)
            let row = (outputShape.width * outputShape.channels + 15) / 16 * 16
            let scratch = builder.buffer(of: Float.self, count: builder.threads * row)
            builder.plan([outputGradient.buffer, target.placement.buffer, scratch]) { [builder] emission in
                let dx = builder.view(target.placement, inputShape, emission)
                let dy = builder.view(outputGradient, outputShape, emission)
                let pass = mdl_resize_backward(
                    dy: dy.view, dx: dx.view, input: dx.extent, output: dy.extent, rows: dx.rows,
                    vertical: emission.arguments.keep(vertical.sources),
                    horizontal: emission.arguments.keep(horizontal.sources),
                    vertical_weights: emission.arguments.keep(vertical.weights),
                    horizontal_weights: emission.arguments.keep(horizontal.weights), scratch: emission.floats(scratch),
                    scratch_stride: row, accumulate: target.accumulate ? 1 : 0)
                let items = builder.samples * Int(dx.rows.chunks)
                return [emission.step(emission.kernels.passes.resize_backward, pass, items: items)]
            }
        }
    }

    /// Inputs that nothing else uses were made in their slice; others are copied there.
    mutating func lowerConcatenation(_ node: Graph.Node) {
        let whole = placement(node.output)
        var slices: [(input: Graph.Value, slice: Placement)] = []
        var channel = whole.channelOffset
        for input in node.inputs {
            slices.append(
                (input, Placement(buffer: whole.buffer, channelOffset: channel, pixelStride: whole.pixelStride)))
            channel += shape(input).channels
        }
        for (input, slice) in slices where !mayShare(input) {
            planAddition(placement(input), nil, to: slice, shape(input))
        }
        inBackward(of: node.output) { builder in
            // The gradient may lie otherwise than the value: either may be a slice of a later concatenation.
            let gradient = builder.gradientPlacement(node.output)
            for (input, slice) in slices where builder.needsGradient(input) {
                let place = Placement(
                    buffer: gradient.buffer,
                    channelOffset: gradient.channelOffset + slice.channelOffset - whole.channelOffset,
                    pixelStride: gradient.pixelStride)
                if builder.mayShare(input) {
                    builder.shareGradient(input, place)
                } else {
                    let target = builder.gradientTarget(input)
                    builder.planAddition(
                        place, target.accumulate ? target.placement : nil, to: target.placement, builder.shape(input))
                }
            }
        }
    }

    mutating func lowerUnitLength(_ node: Graph.Node) {
        let (input, output) = (node.inputs[0], node.output)
        let shape = shape(input)
        let (inputPlace, outputPlace) = (placement(input), placement(output))
        plan([inputPlace.buffer, outputPlace.buffer]) { [self] emission in
            let x = view(inputPlace, shape, emission)
            let pass = mdl_unit_length(
                x: x.view, y: view(outputPlace, shape, emission).view, extent: x.extent, rows: x.rows, epsilon: 1e-12)
            return [emission.step(emission.kernels.passes.unit_length, pass, items: samples * Int(x.rows.chunks))]
        }
        guard needsGradient(input) else { return }
        inBackward(of: output) { builder in
            let outputGradient = builder.gradientPlacement(output)
            let target = builder.gradientTarget(input)
            builder.plan([inputPlace.buffer, outputGradient.buffer, target.placement.buffer]) { [builder] emission in
                let dx = builder.view(target.placement, shape, emission)
                let pass = mdl_unit_length_backward(
                    x: builder.view(inputPlace, shape, emission).view,
                    dy: builder.view(outputGradient, shape, emission).view, dx: dx.view, extent: dx.extent,
                    rows: dx.rows, epsilon: 1e-12, accumulate: target.accumulate ? 1 : 0)
                let items = builder.samples * Int(dx.rows.chunks)
                return [emission.step(emission.kernels.passes.unit_length_backward, pass, items: items)]
            }
        }
    }
}
