import CConvolution
import COpenBLAS
import CThreadPool

/// How a convolution is cut for OpenBLAS: bands of output rows whose patches are gathered at a time. They follow from
/// one sample's size, because with them the shapes of the products and their bits change.
package struct BLASConvolution {
    package let geometry: ConvolutionGeometry
    private let bandRows: Int
    private let outputHeight: Int
    private let outputWidth: Int
    private let levels: Int

    /// - Parameter levels: partials that live at a time while samples are folded; 0 where no gradient of the filter is
    ///   computed.
    package init(_ geometry: ConvolutionGeometry, inputHeight: Int, inputWidth: Int, levels: Int = 0) {
        self.geometry = geometry
        self.levels = levels
        outputHeight = geometry.outputLength(inputHeight)
        outputWidth = geometry.outputLength(inputWidth)
        // Some 2 MB of patches.
        bandRows = max(1, min(outputHeight, 524_288 / max(1, outputWidth * geometry.taps * geometry.inputChannels)))
    }

    /// Scratch floats that each worker needs.
    package var scratchPerWorker: Int {
        let patch = geometry.taps * geometry.inputChannels
        let isPlain = geometry.kernelSize == 1 && geometry.stride == 1 && geometry.padding == 0
        return (isPlain ? 0 : bandRows * outputWidth * patch) + levels * patch * Int(mdl_blas_outputs_per_item)
    }

    /// A filter is used as it lies; it is copied, because other algorithms make something of it.
    static func prepare(
        _ geometry: ConvolutionGeometry, filter: UnsafePointer<Float>, to prepared: UnsafeMutablePointer<Float>,
        with steps: ConvolutionSteps
    ) -> mdl_step {
        func view(_ data: UnsafeMutablePointer<Float>) -> TensorView {
            TensorView(
                data: data, samples: 1, height: geometry.taps * geometry.inputChannels, width: 1,
                channels: geometry.outputChannels)
        }
        let to = view(prepared)
        let copy = mdl_add(
            a: view(UnsafeMutablePointer(mutating: filter)).view, b: mdl_view(), y: to.view, extent: to.extent,
            rows: to.rows, relu: 0, mask: nil)
        return steps.step(steps.kernels.passes.add, steps.arguments.keep(copy), items: Int(to.rows.chunks))
    }

    private func work(
        input: TensorView, output: TensorView, filter: UnsafePointer<Float>?, bias: UnsafePointer<Float>? = nil,
        accumulate: Bool = false, scratch: UnsafeMutablePointer<Float>?
    ) -> mdl_blas_convolution {
        mdl_blas_convolution(
            input: input.view, input_extent: input.extent, output: output.view, output_extent: output.extent,
            size: Int32(geometry.kernelSize), stride: Int32(geometry.stride), padding: Int32(geometry.padding),
            dilation: Int32(geometry.dilation), band_rows: Int32(bandRows),
            bands: Int32((outputHeight + bandRows - 1) / bandRows), accumulate: accumulate ? 1 : 0, filter: filter,
            bias: bias, filter_gradient: nil, subtree_stride: 0, fold: mdl_fold(), scratch: scratch,
            scratch_stride: scratchPerWorker)
    }

    /// output = filter ∗ input + bias; the filter lies as [tap][input][output].
    func forward(
        input: TensorView, filter: UnsafePointer<Float>, bias: UnsafePointer<Float>?, output: TensorView,
        scratch: UnsafeMutablePointer<Float>?, with steps: ConvolutionSteps
    ) -> mdl_step {
        let work = work(input: input, output: output, filter: filter, bias: bias, scratch: scratch)
        return steps.step(mdl_blas_forward, steps.arguments.keep(work), items: input.samples * Int(work.bands))
    }

    /// inputGradient = (or +=) filterᵀ ∗ outputGradient.
    func backwardToData(
        outputGradient: TensorView, filter: UnsafePointer<Float>, inputGradient: TensorView, accumulate: Bool,
        scratch: UnsafeMutablePointer<Float>?, with steps: ConvolutionSteps
    ) -> mdl_step {
        let work = work(
            input: inputGradient, output: outputGradient, filter: filter, accumulate: accumulate, scratch: scratch)
        return steps.step(mdl_blas_backward_to_data, steps.arguments.keep(work), items: inputGradient.samples)
    }

    /// filterGradient[subtree] = Σ over the subtree's samples of outputGradient · inputᵀ, as [tap][input][output].
    func filterGradient(
        input: TensorView, outputGradient: TensorView, filterGradient: UnsafeMutablePointer<Float>, subtreeStride: Int,
        fold: mdl_fold, scratch: UnsafeMutablePointer<Float>, with steps: ConvolutionSteps
    ) -> mdl_step {
        var work = work(input: input, output: outputGradient, filter: nil, scratch: scratch)
        work.filter_gradient = filterGradient
        work.subtree_stride = subtreeStride
        work.fold = fold
        let group = Int(mdl_blas_outputs_per_item)
        return steps.step(
            mdl_blas_backward_to_filter, steps.arguments.keep(work),
            items: (geometry.outputChannels + group - 1) / group)
    }
}
