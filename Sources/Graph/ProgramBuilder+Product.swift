import CConvolution
import CThreadPool
import ConvolutionEngine

/// A 1×1 filter of the bank and its modulator (`Graph.ModulatedFilter`).
///
/// Training computes with the product M = Wt·Ws, made once per step: y = M x, dx = Mᵀ dy, dM = dy xᵀ, and from the sum
/// of all samples dWt = dM Wsᵀ. Where a bottleneck widens four times that is less than half of the work, and the bank's
/// response, its widest activation, is never stored.
extension ProgramBuilder {
    /// Lowers the convolution at `index` together with its modulator, if that is less work; returns both places.
    mutating func lowerProduct(_ index: Int) -> [Int]? {
        guard isTraining, let own = graph.modulatedFilter(index, choice: kernels.choice) else { return nil }
        let geometry = own.geometry
        let bankValues = values(own.bank)
        // What the modulator costs is told as its own.
        node = own.nodes[1]
        let weights = lowerFilter(own.fusion, own.modulator)
        // Filters lie as [input][output], so the bank's is an image of `inputs` pixels for the modulator to convolve.
        let filterShape = Graph.Shape(height: geometry.inputChannels, width: 1, channels: geometry.outputChannels)
        let ready = lowerPreparation(own.fusion, weights, transposed: false, filterShape, samples: 1)
        let product = buffer(of: Float.self, count: geometry.filterCount)
        plan([ready.buffer, product]) { emission in
            [
                ready.cut.forward(
                    input: TensorView(bankValues, filterShape), prepared: ready.filter(emission), bias: nil,
                    output: TensorView(emission.floats(product), filterShape), scratch: nil, with: emission.convolution)
            ]
        }
        node = own.nodes[0]
        lowerConvolution(
            from: graph.nodes[index].inputs[0], to: own.output, geometry, Weights(source: .product(product)), nil
        ) { $0.lowerProductGradient(own, weights, input: $1, outputGradient: $2) }
        return own.nodes
    }

    private mutating func lowerProductGradient(
        _ own: Graph.ModulatedFilter, _ weights: Weights, input: PlacedTensor, outputGradient: PlacedTensor
    ) {
        let geometry = own.geometry
        let owner = own.modulator.owner
        node = own.nodes[1]
        defer { node = own.nodes[0] }
        let (target, bankValues) = (summedGradient(owner), values(own.bank))
        lowerFilterGradientSums(geometry, input: input, outputGradient: outputGradient, of: owner)
        inFinish { builder in
            let filterShape = Graph.Shape(
                height: geometry.inputChannels, width: 1, channels: geometry.outputChannels)
            let cut = FilterGradientCut(
                own.fusion, samples: 1, inputHeight: filterShape.height, inputWidth: 1, kernels: builder.kernels,
                threads: builder.threads, levels: 1)
            let copy = builder.buffer(of: Float.self, count: geometry.filterCount)
            let scratch = builder.buffer(of: Float.self, count: cut.scratchCount)
            builder.plan([copy, scratch], as: .backwardToFilter) { emission in
                let sum = TensorView(target, filterShape)
                let kept = TensorView(emission.floats(copy), filterShape)
                let pass = mdl_add(
                    a: sum.view, b: mdl_view(), y: kept.view, extent: sum.extent, rows: sum.rows, relu: 0, mask: nil)
                return [emission.step(emission.kernels.passes.add, pass, items: Int(sum.rows.chunks))]
                    + cut.steps(
                        input: TensorView(bankValues, filterShape), outputGradient: kept, filterGradient: target,
                        subtreeStride: 0, fold: ReductionTree(samples: 1).fold(in: emission.arguments),
                        scratch: emission.floats(scratch), with: emission.convolution)
            }
        }
        lowerRowGradients(own.fusion, own.modulator, weights)
    }
}

extension TensorView {
    /// One sample of `shape`.
    fileprivate init(_ data: UnsafeMutablePointer<Float>, _ shape: Graph.Shape) {
        self.init(data: data, samples: 1, height: shape.height, width: shape.width, channels: shape.channels)
    }
}
