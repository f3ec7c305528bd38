import CConvolution
import CThreadPool
import ConvolutionEngine

extension ProgramBuilder {
    /// Plans a convolution. A frozen filter comes packed and its input is not kept; a trained one is packed in every
    /// step, and its gradient needs the input.
    mutating func lowerConvolution(
        _ node: Graph.Node, _ geometry: ConvolutionGeometry, _ filter: Graph.Filter, _ bias: Graph.ParameterID?
    ) {
        let weights = lowerFilter(geometry, filter)
        lowerConvolution(
            from: node.inputs[0], to: node.output, geometry, weights, bias,
            filterGradient: graph.isTrained(filter)
                ? { $0.lowerFilterGradient(geometry, filter, weights, input: $1, outputGradient: $2) } : nil)
    }

    /// - Parameter filterGradient: plans what is learned, from the input and the output's gradient.
    mutating func lowerConvolution(
        from input: Graph.Value, to output: Graph.Value, _ geometry: ConvolutionGeometry, _ weights: Weights,
        _ bias: Graph.ParameterID?,
        filterGradient: ((inout ProgramBuilder, PlacedTensor, PlacedTensor) -> Void)?
    ) {
        let (inputShape, outputShape) = (shape(input), shape(output))
        let (inputPlace, outputPlace) = (placement(input), placement(output))
        let biasValues = bias.map(values)
        let ready = lowerPreparation(geometry, weights, transposed: false, inputShape)
        let written = WrittenTensor(tensor: PlacedTensor(place: outputPlace, shape: outputShape), cut: ready.cut)
        plan([inputPlace.buffer, outputPlace.buffer, ready.buffer, ready.scratch], writing: written) {
            [self] emission in
            [
                ready.cut.forward(
                    input: view(inputPlace, inputShape, emission), prepared: ready.filter(emission),
                    bias: biasValues.map { UnsafePointer($0) }, output: view(outputPlace, outputShape, emission),
                    scratch: ready.scratch.map(emission.floats), with: emission.convolution)
            ]
        }
        inBackward(of: output) { builder in
            let outputGradient = builder.gradientPlacement(output)
            if let filterGradient {
                let kept = builder.placementInBackward(input)
                filterGradient(
                    &builder, PlacedTensor(place: kept, shape: inputShape),
                    PlacedTensor(place: outputGradient, shape: outputShape))
            }
            if let bias { builder.lowerBiasGradient(bias, outputGradient, outputShape) }
            guard builder.needsGradient(input) else { return }
            let ready = builder.lowerPreparation(geometry, weights, transposed: true, inputShape)
            let (target, accumulate) = builder.gradientTarget(input)
            let written = WrittenTensor(tensor: PlacedTensor(place: target, shape: inputShape), cut: ready.cut)
            builder.plan([outputGradient.buffer, target.buffer, ready.buffer, ready.scratch], writing: written) {
                [builder] emission in
                [
                    ready.cut.backwardToData(
                        outputGradient: builder.view(outputGradient, outputShape, emission),
                        prepared: ready.filter(emission), inputGradient: builder.view(target, inputShape, emission),
                        accumulate: accumulate, scratch: ready.scratch.map(emission.floats), with: emission.convolution)
                ]
            }
        }
    }

    /// Where a convolution finds its weights as [tap][input][output].
    struct Weights {
        enum Source {
            case bank(String, UnsafeMutablePointer<Float>)
            case trained(UnsafeMutablePointer<Float>)
            case computed(MemoryPlan.Buffer, lengths: UnsafeMutablePointer<Double>)
            case product(MemoryPlan.Buffer)
        }
        let source: Source

        var buffer: MemoryPlan.Buffer? {
            switch source {
            case .bank, .trained: nil
            case .computed(let buffer, _), .product(let buffer): buffer
            }
        }

        func values(_ emission: Emission) -> UnsafeMutablePointer<Float> {
            switch source {
            case .bank(_, let values), .trained(let values): values
            case .computed(let buffer, _), .product(let buffer): emission.floats(buffer)
            }
        }
    }

    /// A filter made ready for a pass, once or in every step, and what the pass works in.
    struct Preparation {
        let cut: ConvolutionCut
        var buffer: MemoryPlan.Buffer?
        var prepared: PreparedBank.Form?
        var scratch: MemoryPlan.Buffer?

        func filter(_ emission: Emission) -> UnsafeMutablePointer<Float> {
            prepared?.values! ?? emission.floats(buffer!)
        }
    }

    mutating func lowerFilter(_ geometry: ConvolutionGeometry, _ filter: Graph.Filter) -> Weights {
        switch filter {
        case .parameter(let id):
            let parameter = graph.parameter(id)
            return Weights(source: parameter.role == .frozen ? .bank(parameter.name, values(id)) : .trained(values(id)))
        case .normalizedRows(let direction, let gain):
            precondition(geometry.kernelSize == 1, "normalized rows are those of a 1×1 convolution")
            let weight = buffer(of: Float.self, count: geometry.filterCount)
            let lengths = kept.keep([Double](repeating: 0, count: geometry.outputChannels))
            let (directionValues, gainValues) = (values(direction), values(gain))
            plan([weight]) { emission in
                [
                    emission.step(
                        emission.kernels.passes.normalized_rows,
                        mdl_normalized_rows(
                            v: directionValues, gain: gainValues, inputs: Int32(geometry.inputChannels),
                            outputs: Int32(geometry.outputChannels), weight: emission.floats(weight),
                            length: lengths),
                        items: channelGroups(geometry.outputChannels))
                ]
            }
            return Weights(source: .computed(weight, lengths: lengths))
        }
    }

    /// Floats of a frozen filter, ready for the pass back to the data, up to which it is kept. A larger one is made ready
    /// in every step, in memory that it shares: that costs a few hundredths of the pass and saves what a large bank's
    /// Winograd form would take a second time.
    private static let keptFilterCount = 3_000_000

    mutating func lowerPreparation(
        _ geometry: ConvolutionGeometry, _ weights: Weights, transposed: Bool, _ input: Graph.Shape,
        samples: Int? = nil
    ) -> Preparation {
        let cut = ConvolutionCut(
            geometry, transposed: transposed, samples: samples ?? self.samples, inputHeight: input.height,
            inputWidth: input.width,
            kernels: kernels, threads: threads)
        let scratch = cut.scratchCount > 0 ? buffer(of: Float.self, count: cut.scratchCount) : nil
        if case .bank(let name, _) = weights.source, !(transposed && cut.preparedCount > Self.keptFilterCount) {
            return Preparation(cut: cut, prepared: bank.filter(name, for: cut), scratch: scratch)
        }
        let prepared = buffer(of: Float.self, count: cut.preparedCount)
        plan([prepared, weights.buffer]) { emission in
            [cut.prepare(weights.values(emission), to: emission.floats(prepared), with: emission.convolution)]
        }
        return Preparation(cut: cut, buffer: prepared, scratch: scratch)
    }

    /// The gradient of a computed filter is folded where its directions' gradient will stand, and becomes theirs once
    /// all samples are in: the filter's is what ranks exchange, and no gain's is ever sent.
    private mutating func lowerFilterGradient(
        _ geometry: ConvolutionGeometry, _ filter: Graph.Filter, _ weights: Weights,
        input: PlacedTensor, outputGradient: PlacedTensor
    ) {
        lowerFilterGradientSums(geometry, input: input, outputGradient: outputGradient, of: filter.owner)
        lowerRowGradients(geometry, filter, weights)
    }

    /// The sums over pixels and samples that make the gradient of a filter, at the front of the gradient of `owner`.
    mutating func lowerFilterGradientSums(
        _ geometry: ConvolutionGeometry, input: PlacedTensor, outputGradient: PlacedTensor, of owner: Graph.ParameterID
    ) {
        let target = gradient(owner)
        let cut = FilterGradientCut(
            geometry, samples: samples, inputHeight: input.shape.height, inputWidth: input.shape.width,
            kernels: kernels,
            threads: threads, levels: tree!.levels)
        let scratch = buffer(of: Float.self, count: cut.scratchCount)
        let stride = gradientStride
        plan(
            [input.place.buffer, outputGradient.place.buffer, scratch], as: .backwardToFilter,
            pause: gradientsReady(owner, count: geometry.filterCount)
        ) { [self] emission in
            cut.steps(
                input: view(input.place, input.shape, emission),
                outputGradient: view(outputGradient.place, outputGradient.shape, emission), filterGradient: target,
                subtreeStride: stride, fold: emission.fold, scratch: emission.floats(scratch),
                with: emission.convolution)
        }
    }

    /// Turns the gradient of a computed filter into those of its rows' directions and gains.
    mutating func lowerRowGradients(_ geometry: ConvolutionGeometry, _ filter: Graph.Filter, _ weights: Weights) {
        switch filter {
        case .parameter: break
        case .normalizedRows(let direction, let gain):
            guard case .computed(_, let lengths) = weights.source else {
                preconditionFailure("normalized rows are computed")
            }
            let (directionValues, gainValues) = (values(direction), values(gain))
            let (target, gainGradient) = (summedGradient(direction), summedGradient(gain))
            inFinish { builder in
                builder.plan([], as: .backwardToFilter) { emission in
                    [
                        emission.step(
                            emission.kernels.passes.normalized_rows_backward,
                            mdl_normalized_rows_backward(
                                v: directionValues, gain: gainValues, length: lengths, gradient: target,
                                inputs: Int32(geometry.inputChannels), outputs: Int32(geometry.outputChannels),
                                gradient_v: target, gradient_gain: gainGradient),
                            items: channelGroups(geometry.outputChannels))
                    ]
                }
            }
        }
    }

    private mutating func lowerBiasGradient(
        _ bias: Graph.ParameterID, _ outputGradient: Placement, _ shape: Graph.Shape
    ) {
        let target = gradient(bias)
        let stride = gradientStride
        plan([outputGradient.buffer], as: .backwardToFilter, pause: gradientsReady(bias)) { [self] emission in
            [
                emission.convolution.biasGradient(
                    outputGradient: view(outputGradient, shape, emission), biasGradient: target,
                    subtreeStride: stride, fold: emission.fold)
            ]
        }
    }
}

/// Items of a kernel that works on groups of channels.
func channelGroups(_ channels: Int) -> Int {
    let group = Int(mdl_channels_per_item)
    return (channels + group - 1) / group
}
