import CConvolution
import CThreadPool

/// A convolution with a frozen or trained filter, by whichever algorithm was chosen for the pass.
package struct ConvolutionCut {
    package let geometry: ConvolutionGeometry
    package let algorithm: ConvolutionAlgorithm
    package let transposed: Bool
    private let kernels: Kernels
    private let winograd: WinogradConvolution?
    private let blas: BLASConvolution?
    private let threads: Int

    /// - Parameters:
    ///   - transposed: the pass back to the data.
    ///   - inputHeight, inputWidth: of the convolution's input, in either direction.
    package init(
        _ geometry: ConvolutionGeometry, transposed: Bool, samples: Int, inputHeight: Int, inputWidth: Int,
        kernels: Kernels, threads: Int
    ) {
        self.geometry = geometry
        self.transposed = transposed
        self.kernels = kernels
        self.threads = threads
        let layer = ConvolutionLayer(geometry, height: inputHeight, width: inputWidth)
        algorithm = kernels.algorithm(LayerPass(layer, transposed ? .backwardToData : .forward))
        blas =
            algorithm == .openblas
            ? BLASConvolution(geometry, inputHeight: inputHeight, inputWidth: inputWidth) : nil
        guard case .winograd(let tile) = algorithm else {
            winograd = nil
            return
        }
        winograd = WinogradConvolution(
            geometry, tile: tile, transposed: transposed, samples: samples,
            outputHeight: transposed ? inputHeight : geometry.outputLength(inputHeight),
            outputWidth: transposed ? inputWidth : geometry.outputLength(inputWidth), kernels: kernels,
            threads: threads)
    }

    /// Floats of the filter made ready for this pass.
    package var preparedCount: Int {
        switch algorithm {
        case .direct:
            let size = packedSize
            return size.stride * size.panels
        case .winograd(let tile):
            return WinogradFilter.count(geometry, tile: tile, transposed: transposed, kernels: kernels)
        case .openblas:
            return geometry.filterCount
        }
    }

    /// Scratch floats of all workers together.
    package var scratchCount: Int { threads * (winograd?.scratchPerWorker ?? blas?.scratchPerWorker ?? 0) }

    private var packedSize: (stride: Int, panels: Int) {
        PackedFilter.size(geometry, transposed: transposed, panelWidth: kernels.panelWidth)
    }

    /// Makes a filter that lies as [tap][input channel][output channel] ready.
    package func prepare(
        _ filter: UnsafePointer<Float>, to prepared: UnsafeMutablePointer<Float>, with steps: ConvolutionSteps
    ) -> mdl_step {
        switch algorithm {
        case .direct:
            steps.pack(
                geometry, filter: filter, to: PackedFilter(data: prepared, stride: packedSize.stride),
                transposed: transposed)
        case .winograd(let tile):
            steps.winogradFilter(geometry, tile: tile, filter: filter, to: prepared, transposed: transposed)
        case .openblas:
            BLASConvolution.prepare(geometry, filter: filter, to: prepared, with: steps)
        }
    }

    /// output = filter ∗ input + bias; of a cut that is not transposed.
    package func forward(
        input: TensorView, prepared: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>?, output: TensorView,
        scratch: UnsafeMutablePointer<Float>?, with steps: ConvolutionSteps
    ) -> mdl_step {
        if let blas {
            return blas.forward(
                input: input, filter: prepared, bias: bias, output: output, scratch: scratch, with: steps)
        }
        guard let winograd else {
            return steps.forward(
                geometry, input: input, filter: PackedFilter(data: prepared, stride: packedSize.stride), bias: bias,
                output: output)
        }
        return steps.winogradForward(
            winograd, input: input, filter: prepared, bias: bias, output: output, scratch: scratch!)
    }

    /// inputGradient = (or +=) filterᵀ ∗ outputGradient; of a transposed cut.
    package func backwardToData(
        outputGradient: TensorView, prepared: UnsafeMutablePointer<Float>, inputGradient: TensorView, accumulate: Bool,
        scratch: UnsafeMutablePointer<Float>?, with steps: ConvolutionSteps
    ) -> mdl_step {
        if let blas {
            return blas.backwardToData(
                outputGradient: outputGradient, filter: prepared, inputGradient: inputGradient, accumulate: accumulate,
                scratch: scratch, with: steps)
        }
        guard let winograd else {
            return steps.backwardToData(
                geometry, outputGradient: outputGradient,
                filter: PackedFilter(data: prepared, stride: packedSize.stride), inputGradient: inputGradient,
                accumulate: accumulate)
        }
        return steps.winogradBackwardToData(
            winograd, outputGradient: outputGradient, filter: prepared, inputGradient: inputGradient,
            accumulate: accumulate, scratch: scratch!)
    }
}

/// The gradient of a filter, by whichever algorithm was chosen.
package enum FilterGradientCut {
    case direct(FilterGradient, workers: Int)
    case winograd(WinogradFilterGradient)
    case openblas(BLASConvolution, workers: Int)

    /// - Parameters:
    ///   - inputHeight, inputWidth: of the convolution's input.
    ///   - levels: partials that live at a time while samples are folded.
    package init(
        _ geometry: ConvolutionGeometry, samples: Int, inputHeight: Int, inputWidth: Int, kernels: Kernels,
        threads: Int, levels: Int
    ) {
        let layer = ConvolutionLayer(geometry, height: inputHeight, width: inputWidth)
        switch kernels.algorithm(LayerPass(layer, .backwardToFilter)) {
        case .direct:
            self = .direct(
                FilterGradient(
                    geometry, outputWidth: geometry.outputLength(inputWidth), panelWidth: kernels.panelWidth,
                    threads: threads, levels: levels),
                workers: threads)
        case .winograd(let tile):
            self = .winograd(
                WinogradFilterGradient(
                    geometry, tile: tile, samples: samples, outputHeight: geometry.outputLength(inputHeight),
                    outputWidth: geometry.outputLength(inputWidth), kernels: kernels, threads: threads, levels: levels))
        case .openblas:
            self = .openblas(
                BLASConvolution(geometry, inputHeight: inputHeight, inputWidth: inputWidth, levels: levels),
                workers: threads)
        }
    }

    /// Scratch floats of all workers together.
    package var scratchCount: Int {
        switch self {
        case .direct(let cut, let workers): workers * cut.scratchPerWorker
        case .winograd(let cut): cut.scratch
        case .openblas(let cut, let workers): workers * cut.scratchPerWorker
        }
    }

    /// filterGradient[subtree] = Σ over the subtree's samples of outputGradient · inputᵀ, as [tap][input][output].
    package func steps(
        input: TensorView, outputGradient: TensorView, filterGradient: UnsafeMutablePointer<Float>, subtreeStride: Int,
        fold: mdl_fold, scratch: UnsafeMutablePointer<Float>, with steps: ConvolutionSteps
    ) -> [mdl_step] {
        switch self {
        case .direct(let cut, _):
            [
                steps.filterGradient(
                    cut, input: input, outputGradient: outputGradient, filterGradient: filterGradient,
                    subtreeStride: subtreeStride, fold: fold, scratch: scratch)
            ]
        case .winograd(let cut):
            steps.winogradFilterGradient(
                cut, input: input, outputGradient: outputGradient, filterGradient: filterGradient,
                subtreeStride: subtreeStride, fold: fold, scratch: scratch)
        case .openblas(let cut, _):
            [
                cut.filterGradient(
                    input: input, outputGradient: outputGradient, filterGradient: filterGradient,
                    subtreeStride: subtreeStride, fold: fold, scratch: scratch, with: steps)
            ]
        }
    }
}
