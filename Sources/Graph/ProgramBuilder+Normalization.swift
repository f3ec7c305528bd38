import CConvolution
import CThreadPool
import ConvolutionEngine

extension ProgramBuilder {
    /// Batch normalization with what directly follows it: an addition whose other term is ready, and a ReLU.
    private struct FusedNormalization {
        var output: Graph.Value
        var residual: Graph.Value?
        var relu = false
        var nodes: [Int]
    }

    private func fuse(_ index: Int) -> FusedNormalization {
        var fused = FusedNormalization(output: graph.nodes[index].output, nodes: [index])
        if let (place, node) = onlyConsumer(fused.output), node.operation == .add,
            let other = node.inputs.first(where: { $0 != fused.output }), placements[other] != nil,
            graph.nodes[..<index].contains(where: { $0.output == other })
        {
            fused.residual = other
            fused.output = node.output
            fused.nodes.append(place)
        }
        if let (place, node) = onlyConsumer(fused.output), node.operation == .relu {
            fused.relu = true
            fused.output = node.output
            fused.nodes.append(place)
        }
        return fused
    }

    /// The channels' vectors and counts that one normalization's passes share; small, and alive for the whole program.
    private struct Channels {
        let mean: UnsafeMutablePointer<Float>
        let inverse: UnsafeMutablePointer<Float>
        let scale: UnsafeMutablePointer<Float>
        let meanGradient: UnsafeMutablePointer<Float>
        let meanProduct: UnsafeMutablePointer<Float>
        let count: UnsafeMutablePointer<Double>
    }

    mutating func lowerNormalization(_ index: Int, _ parameters: Graph.BatchNormalization) -> [Int] {
        let fused = fuse(index)
        let input = graph.nodes[index].inputs[0]
        let shape = shape(input)
        let channels = shape.channels
        let vectors = buffer(of: Float.self, count: 5 * channels)
        let count = buffer(of: Double.self, count: 1)
        let (inputPlace, outputPlace) = (placement(input), placement(fused.output))
        let residualPlace = fused.residual.map { placement($0) }
        let pointers: (Emission) -> Channels = { emission in
            let base = emission.floats(vectors)
            return Channels(
                mean: base, inverse: base + channels, scale: base + 2 * channels, meanGradient: base + 3 * channels,
                meanProduct: base + 4 * channels, count: emission.doubles(count))
        }
        let takesStatistics = isTraining && !parameters.isFrozen
        if takesStatistics {
            lowerStatistics(parameters, inputPlace, shape, vectors, count, pointers)
        } else {
            lowerRunningStatistics(parameters, channels, vectors, pointers)
        }
        let mask =
            fused.relu && needsGradient(fused.output)
            ? buffer(of: UInt16.self, count: samples * shape.height * shape.width * ((channels + 15) / 16)) : nil
        let shift = values(parameters.shift)
        planNormalization(inputPlace, residualPlace, to: outputPlace, shape, shift, fused.relu, mask, vectors, pointers)
        if takesStatistics, fused.residual == nil, isWhole(outputPlace, shape), !isOutput(fused.output) {
            // What is normalized is kept in any case.
            setReplay(of: fused.output) { builder in
                let caller = builder.node
                builder.node = index
                defer { builder.node = caller }
                let again = Placement(
                    buffer: builder.buffer(of: Float.self, count: builder.samples * shape.count),
                    pixelStride: channels)
                builder.planNormalization(inputPlace, nil, to: again, shape, shift, fused.relu, nil, vectors, pointers)
                return again
            }
        }
        inBackward(of: fused.output) { builder in
            if takesStatistics {
                builder.lowerStatisticsGradient(
                    parameters, fused, input: (input, inputPlace), shape, vectors, count, mask, pointers)
            } else {
                builder.lowerFrozenGradient(fused, input: input, shape, vectors, mask, pointers)
            }
        }
        return fused.nodes
    }

    /// y = relu(normalized x + residual).
    private mutating func planNormalization(
        _ input: Placement, _ residual: Placement?, to output: Placement, _ shape: Graph.Shape,
        _ shift: UnsafeMutablePointer<Float>, _ relu: Bool, _ mask: MemoryPlan.Buffer?, _ vectors: MemoryPlan.Buffer,
        _ pointers: @escaping (Emission) -> Channels
    ) {
        plan([input.buffer, output.buffer, residual?.buffer, vectors, mask]) { [self] emission in
            let x = view(input, shape, emission)
            let own = pointers(emission)
            let pass = mdl_normalize(
                x: x.view, residual: residual.map { view($0, shape, emission).view } ?? mdl_view(),
                y: view(output, shape, emission).view, extent: x.extent, rows: x.rows, mean: own.mean,
                scale: own.scale, beta: shift, relu: relu ? 1 : 0,
                mask: mask.map { emission.raw($0).assumingMemoryBound(to: UInt16.self) })
            return [emission.step(emission.kernels.passes.normalize, pass, items: samples * Int(x.rows.chunks))]
        }
    }

    private mutating func lowerRunningStatistics(
        _ parameters: Graph.BatchNormalization, _ channels: Int, _ vectors: MemoryPlan.Buffer,
        _ pointers: @escaping (Emission) -> Channels
    ) {
        let (scale, mean, variance) = (
            values(parameters.scale), values(parameters.runningMean), values(parameters.runningVariance)
        )
        plan([vectors]) { emission in
            let own = pointers(emission)
            let pass = mdl_running_statistics(
                gamma: scale, running_mean: mean, running_variance: variance, epsilon: parameters.epsilon,
                channels: Int32(channels), mean: own.mean, scale: own.scale)
            return [emission.step(emission.kernels.passes.running_statistics, pass, items: channelGroups(channels))]
        }
    }

    private mutating func lowerStatistics(
        _ parameters: Graph.BatchNormalization, _ input: Placement, _ shape: Graph.Shape,
        _ vectors: MemoryPlan.Buffer, _ count: MemoryPlan.Buffer, _ pointers: @escaping (Emission) -> Channels
    ) {
        let channels = shape.channels
        let partial = buffer(of: Double.self, count: samples * shape.height * 2 * channels)
        let sums = sharedSums(.moments, count: channels)
        let (scale, mean, variance) = (
            values(parameters.scale), values(parameters.runningMean), values(parameters.runningVariance)
        )
        plan(
            [input.buffer, partial, sums.buffer], pause: sums.exchange,
            passingOver: PlacedTensor(place: input, shape: shape)
        ) { [self] emission in
            let x = view(input, shape, emission)
            let statistics = mdl_statistics(
                x: x.view, extent: x.extent, rows: x.rows, partial: emission.doubles(partial))
            let fold = mdl_fold_statistics(
                partial: emission.doubles(partial), extent: x.extent, chunks: x.rows.chunks,
                fold: emission.normalizationFold, out: emission.doubles(sums.buffer))
            let passes = emission.kernels.passes
            return [
                emission.step(passes.statistics, statistics, items: samples * Int(x.rows.chunks)),
                emission.step(passes.fold_statistics, fold, items: channelGroups(channels)),
            ]
        }
        plan([sums.buffer, vectors, count]) { emission in
            let own = pointers(emission)
            let finish = mdl_finish_statistics(
                moments: emission.doubles(sums.buffer), channels: Int32(channels), gamma: scale,
                epsilon: parameters.epsilon, momentum: parameters.momentum, running_mean: mean,
                running_variance: variance, mean: own.mean, inverse: own.inverse, scale: own.scale, count: own.count)
            return [emission.step(emission.kernels.passes.finish_statistics, finish, items: channelGroups(channels))]
        }
    }

    private mutating func lowerStatisticsGradient(
        _ parameters: Graph.BatchNormalization, _ fused: FusedNormalization,
        input: (value: Graph.Value, placement: Placement), _ shape: Graph.Shape, _ vectors: MemoryPlan.Buffer,
        _ count: MemoryPlan.Buffer, _ mask: MemoryPlan.Buffer?, _ pointers: @escaping (Emission) -> Channels
    ) {
        let channels = shape.channels
        let outputGradient = gradientPlacement(fused.output)
        let partial = buffer(of: Double.self, count: samples * shape.height * 2 * channels)
        let sums = sharedSums(.float64, count: 2 * channels)
        let (scaleGradient, shiftGradient) = (gradient(parameters.scale), gradient(parameters.shift))
        plan(
            [input.placement.buffer, outputGradient.buffer, partial, sums.buffer, vectors, mask],
            pause: sums.exchange, passingOver: PlacedTensor(place: outputGradient, shape: shape)
        ) { [self] emission in
            let x = view(input.placement, shape, emission)
            let own = pointers(emission)
            let products = mdl_gradient_sums(
                x: x.view, dy: view(outputGradient, shape, emission).view, extent: x.extent, rows: x.rows,
                mean: own.mean, inverse: own.inverse,
                mask: mask.map { emission.raw($0).assumingMemoryBound(to: UInt16.self) },
                partial: emission.doubles(partial))
            let fold = mdl_fold_sums(
                partial: emission.doubles(partial), channels: Int32(channels), chunks: x.rows.chunks,
                fold: emission.normalizationFold, out: emission.doubles(sums.buffer))
            let passes = emission.kernels.passes
            return [
                emission.step(passes.gradient_sums, products, items: samples * Int(x.rows.chunks)),
                emission.step(passes.fold_sums, fold, items: channelGroups(channels)),
            ]
        }
        plan([sums.buffer, vectors, count]) { emission in
            let own = pointers(emission)
            let finish = mdl_finish_gradient_sums(
                sums: emission.doubles(sums.buffer), channels: Int32(channels), count: own.count,
                gradient_gamma: scaleGradient, gradient_beta: shiftGradient, mean_g: own.meanGradient,
                mean_gx: own.meanProduct)
            return [
                emission.step(emission.kernels.passes.finish_gradient_sums, finish, items: channelGroups(channels))
            ]
        }
        shareNormalizationGradients(parameters)
        planInputGradient(fused, input: input.value, shape, vectors, mask, reading: input.placement.buffer) {
            [self] emission in
            let own = pointers(emission)
            return InputGradientTerms(
                x: view(input.placement, shape, emission).view, mean: own.mean, inverse: own.inverse, scale: own.scale,
                meanGradient: own.meanGradient, meanProduct: own.meanProduct)
        }
    }

    /// With constant statistics dx = scale · g: the terms of the statistics are 0, and x is not read.
    private mutating func lowerFrozenGradient(
        _ fused: FusedNormalization, input: Graph.Value, _ shape: Graph.Shape, _ vectors: MemoryPlan.Buffer,
        _ mask: MemoryPlan.Buffer?, _ pointers: @escaping (Emission) -> Channels
    ) {
        let zeros = kept.keep([Float](repeating: 0, count: shape.channels))
        planInputGradient(fused, input: input, shape, vectors, mask, reading: nil) { emission in
            InputGradientTerms(
                x: mdl_view(data: zeros, sample: 0, row: 0, pixel: 0), mean: zeros, inverse: zeros,
                scale: pointers(emission).scale, meanGradient: zeros, meanProduct: zeros)
        }
    }

    /// What the gradient of a normalization's input is computed from, beside the gradient of its output.
    private struct InputGradientTerms {
        let x: mdl_view
        let mean: UnsafeMutablePointer<Float>
        let inverse: UnsafeMutablePointer<Float>
        let scale: UnsafeMutablePointer<Float>
        let meanGradient: UnsafeMutablePointer<Float>
        let meanProduct: UnsafeMutablePointer<Float>
    }

    /// Plans the gradients of the input and of a residual, where something learns from them.
    private mutating func planInputGradient(
        _ fused: FusedNormalization, input: Graph.Value, _ shape: Graph.Shape, _ vectors: MemoryPlan.Buffer,
        _ mask: MemoryPlan.Buffer?, reading buffer: MemoryPlan.Buffer?,
        _ terms: @escaping (Emission) -> InputGradientTerms
    ) {
        let outputGradient = gradientPlacement(fused.output)
        let wanted = needsGradient(input)
        let residual = fused.residual.flatMap { needsGradient($0) ? gradientTarget($0) : nil }
        guard wanted || residual != nil else { return }
        // A residual's gradient is written by the same pass, so the input's is computed even where nobody reads it.
        let target = gradientTarget(input, inPlaceOf: outputGradient)
        plan([buffer, outputGradient.buffer, target.placement.buffer, residual?.placement.buffer, vectors, mask]) {
            [self] emission in
            let dx = view(target.placement, shape, emission)
            let own = terms(emission)
            let pass = mdl_normalize_backward(
                x: own.x, dy: view(outputGradient, shape, emission).view, dx: dx.view,
                residual: residual.map { view($0.placement, shape, emission).view } ?? mdl_view(), extent: dx.extent,
                rows: dx.rows, mean: own.mean, inverse: own.inverse, scale: own.scale, mean_g: own.meanGradient,
                mean_gx: own.meanProduct, mask: mask.map { emission.raw($0).assumingMemoryBound(to: UInt16.self) },
                accumulate: target.accumulate ? 1 : 0,
                accumulate_residual: residual?.accumulate == true ? 1 : 0)
            return [
                emission.step(emission.kernels.passes.normalize_backward, pass, items: samples * Int(dx.rows.chunks))
            ]
        }
    }
}
