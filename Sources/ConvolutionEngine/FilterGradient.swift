import CConvolution
import CThreadPool

/// How the gradient of a filter is cut into items: some panels of output channels, some taps, some input channels each.
///
/// Every filter element is a sum of its own, so the cut changes no result.
package struct FilterGradient {
    package let geometry: ConvolutionGeometry
    private(set) var panelsPerGroup = 1
    private(set) var tapsPerGroup: Int
    private(set) var inputsPerGroup: Int
    let panels: Int
    let panelWidth: Int
    let levels: Int
    let blockRows: Int
    private let outputWidth: Int

    package init(_ geometry: ConvolutionGeometry, outputWidth: Int, panelWidth: Int, threads: Int, levels: Int) {
        self.geometry = geometry
        self.outputWidth = outputWidth
        // Some 256 products per block: short sums round less, and the block's rows stay in cache for every tap.
        blockRows = max(1, 256 / outputWidth)
        self.panelWidth = panelWidth
        self.levels = levels
        panels = (geometry.outputChannels + panelWidth - 1) / panelWidth
        tapsPerGroup = geometry.taps
        inputsPerGroup = geometry.inputChannels
        // A partial of up to 32,768 floats shares a core's cache with the activations it is summed from.
        let limit = 32_768
        while tapsPerGroup > 1, partial > limit || !isBalanced(threads) { tapsPerGroup = (tapsPerGroup + 1) / 2 }
        while inputsPerGroup > 16, partial > limit || !isBalanced(threads) { inputsPerGroup = (inputsPerGroup + 1) / 2 }
        // Every item reads its rows of the input from memory, for all its panels at once.
        for groups in 1...panels {
            panelsPerGroup = (panels + groups - 1) / groups
            if partial <= limit, isBalanced(threads) { break }
        }
    }

    var panelGroups: Int { (panels + panelsPerGroup - 1) / panelsPerGroup }
    var tapGroups: Int { (geometry.taps + tapsPerGroup - 1) / tapsPerGroup }
    var inputGroups: Int { (geometry.inputChannels + inputsPerGroup - 1) / inputsPerGroup }
    var items: Int { panelGroups * tapGroups * inputGroups }

    /// The floats that one item sums up.
    private var partial: Int { panelsPerGroup * tapsPerGroup * inputsPerGroup * panelWidth }

    /// Whether all threads are busy nearly to the end.
    private func isBalanced(_ threads: Int) -> Bool { items % threads == 0 || items >= 3 * threads }

    /// Scratch floats that each worker needs.
    package var scratchPerWorker: Int {
        blockRows * outputWidth * panelWidth + levels * partial
    }
}

extension ConvolutionSteps {
    /// filterGradient[subtree] = Σ over the subtree's samples of outputGradient · inputᵀ, as [tap][input][output].
    ///
    /// - Parameter scratch: `FilterGradient.scratchPerWorker` floats for every worker.
    package func filterGradient(
        _ cut: FilterGradient, input: TensorView, outputGradient: TensorView,
        filterGradient: UnsafeMutablePointer<Float>, subtreeStride: Int, fold: mdl_fold,
        scratch: UnsafeMutablePointer<Float>
    ) -> mdl_step {
        let geometry = cut.geometry
        let rows = (0..<geometry.kernelSize).map { tap in reach(tap, geometry, input.height, outputGradient.height) }
        let columns = (0..<geometry.kernelSize).map { tap in reach(tap, geometry, input.width, outputGradient.width) }
        let taps = rows.flatMap { row in
            columns.map { column in
                mdl_tap(
                    input: row.input * input.rowStride + column.input * input.pixelStride, row: Int32(row.first),
                    rows: Int32(row.count), column: Int32(column.first), columns: Int32(column.count))
            }
        }
        let work = mdl_filter_gradient(
            input: input.data, input_sample: input.sampleStride, input_row: geometry.stride * input.rowStride,
            input_pixel: geometry.stride * input.pixelStride, output_gradient: outputGradient.data,
            gradient_sample: outputGradient.sampleStride, gradient_row: outputGradient.rowStride,
            gradient_pixel: outputGradient.pixelStride, filter_gradient: filterGradient, subtree_stride: subtreeStride,
            taps: arguments.keep(taps), tap_count: Int32(taps.count), output_rows: Int32(outputGradient.height),
            output_columns: Int32(outputGradient.width), block_rows: Int32(cut.blockRows),
            inputs: Int32(geometry.inputChannels), outputs: Int32(geometry.outputChannels),
            panels_per_group: Int32(cut.panelsPerGroup), tap_groups: Int32(cut.tapGroups),
            taps_per_group: Int32(cut.tapsPerGroup), input_groups: Int32(cut.inputGroups),
            inputs_per_group: Int32(cut.inputsPerGroup), fold: fold, scratch: scratch,
            scratch_stride: cut.scratchPerWorker)
        return mdl_step(
            kernel: kernels.convolution.filter_gradient, arguments: UnsafeRawPointer(arguments.keep(work)),
            items: Int32(cut.items), tag: 0)
    }

    /// biasGradient[subtree] = Σ over the subtree's samples and pixels of outputGradient.
    package func biasGradient(
        outputGradient: TensorView, biasGradient: UnsafeMutablePointer<Float>, subtreeStride: Int, fold: mdl_fold
    ) -> mdl_step {
        let work = mdl_bias_gradient(
            output_gradient: outputGradient.view, extent: outputGradient.extent, bias_gradient: biasGradient,
            subtree_stride: subtreeStride, fold: fold)
        let group = Int(mdl_bias_channels)
        return mdl_step(
            kernel: kernels.convolution.bias_gradient, arguments: UnsafeRawPointer(arguments.keep(work)),
            items: Int32((outputGradient.channels + group - 1) / group), tag: 0)
    }

    /// The outputs of one axis at which `tap` meets real pixels, and the pixel that the first of them meets.
    private func reach(
        _ tap: Int, _ geometry: ConvolutionGeometry, _ input: Int, _ output: Int
    ) -> (first: Int, count: Int, input: Int) {
        let offset = tap * geometry.dilation - geometry.padding
        let valid = (0..<output).filter { (0..<input).contains($0 * geometry.stride + offset) }
        guard let first = valid.first else { return (0, 0, 0) }
        return (first, valid.count, first * geometry.stride + offset)
    }
}
