import CConvolution
import CThreadPool

/// A filter packed for one direction: `panels` panels of `stride` floats.
package struct PackedFilter {
    package var data: UnsafeMutablePointer<Float>
    package var stride: Int

    package init(data: UnsafeMutablePointer<Float>, stride: Int) {
        self.data = data
        self.stride = stride
    }

    /// Floats in one panel and panels in all, for the forward pass or (`transposed`) the pass back to the data.
    package static func size(
        _ geometry: ConvolutionGeometry, transposed: Bool, panelWidth: Int
    ) -> (stride: Int, panels: Int) {
        let rows = geometry.taps * (transposed ? geometry.outputChannels : geometry.inputChannels)
        let channels = transposed ? geometry.inputChannels : geometry.outputChannels
        return (rows * panelWidth, (channels + panelWidth - 1) / panelWidth)
    }
}

/// Turns convolutions into steps for the thread pool.
package struct ConvolutionSteps {
    package let kernels: Kernels
    package let threads: Int
    package let arguments: ArgumentStore

    package init(kernels: Kernels, threads: Int, arguments: ArgumentStore) {
        self.kernels = kernels
        self.threads = threads
        self.arguments = arguments
    }

    /// Packs a filter that lies as [tap][input channel][output channel].
    package func pack(
        _ geometry: ConvolutionGeometry, filter: UnsafePointer<Float>, to packed: PackedFilter, transposed: Bool
    ) -> mdl_step {
        let size = PackedFilter.size(geometry, transposed: transposed, panelWidth: kernels.panelWidth)
        let pack = mdl_pack(
            filter: filter, panels: packed.data, panel_stride: packed.stride, taps: Int32(geometry.taps),
            inputs: Int32(geometry.inputChannels), outputs: Int32(geometry.outputChannels),
            transposed: transposed ? 1 : 0)
        return step(kernels.convolution.pack, arguments.keep(pack), items: size.panels)
    }

    /// output = filter ∗ input + bias.
    package func forward(
        _ geometry: ConvolutionGeometry, input: TensorView, filter: PackedFilter, bias: UnsafePointer<Float>?,
        output: TensorView
    ) -> mdl_step {
        let regions = ConvolutionRegions.forward(
            geometry, input: input, output: output,
            bandRows: bandRows(
                rows: output.height, floatsPerRow: geometry.stride * input.rowStride, samples: input.samples))
        return convolution(
            regions, input: input, inputScale: geometry.stride, filter: filter, bias: bias, output: output,
            outputScale: 1, accumulate: false)
    }

    /// inputGradient = (or +=) filterᵀ ∗ outputGradient. `filter` is packed transposed.
    package func backwardToData(
        _ geometry: ConvolutionGeometry, outputGradient: TensorView, filter: PackedFilter, inputGradient: TensorView,
        accumulate: Bool
    ) -> mdl_step {
        let regions = ConvolutionRegions.backward(
            geometry, outputGradient: outputGradient, inputGradient: inputGradient,
            bandRows: bandRows(
                rows: inputGradient.height / geometry.stride, floatsPerRow: outputGradient.rowStride,
                samples: inputGradient.samples))
        return convolution(
            regions, input: outputGradient, inputScale: 1, filter: filter, bias: nil, output: inputGradient,
            outputScale: geometry.stride, accumulate: accumulate)
    }

    /// Rows per band: what one item reads stays within half a megabyte of cache, and every thread gets several items.
    /// Outputs are independent, so neither changes a result.
    private func bandRows(rows: Int, floatsPerRow: Int, samples: Int) -> Int {
        let cached = max(1, 98_304 / max(1, floatsPerRow))
        let wanted = (4 * threads + samples - 1) / samples
        return max(1, min(cached, (rows + wanted - 1) / wanted))
    }

    private func convolution(
        _ regions: ConvolutionRegions, input: TensorView, inputScale: Int, filter: PackedFilter,
        bias: UnsafePointer<Float>?, output: TensorView, outputScale: Int, accumulate: Bool
    ) -> mdl_step {
        let panels = (output.channels + kernels.panelWidth - 1) / kernels.panelWidth
        let bands = output.samples * regions.bands.count
        let groups = bands >= 2 * threads || threads == 1 ? 1 : min(panels, (2 * threads + bands - 1) / bands)
        let perGroup = (panels + groups - 1) / groups
        let work = mdl_convolution(
            input: input.data, input_sample: input.sampleStride, input_row: inputScale * input.rowStride,
            input_pixel: inputScale * input.pixelStride, output: output.data, output_sample: output.sampleStride,
            output_row: outputScale * output.rowStride, output_pixel: outputScale * output.pixelStride,
            panels: filter.data, panel_stride: filter.stride, bias: bias, regions: arguments.keep(regions.regions),
            runs: arguments.keep(regions.runs), bands: arguments.keep(regions.bands),
            band_count: Int32(regions.bands.count), groups: Int32((panels + perGroup - 1) / perGroup),
            panels_per_group: Int32(perGroup), channels: Int32(output.channels), accumulate: accumulate ? 1 : 0)
        return step(kernels.convolution.convolution, arguments.keep(work), items: bands * Int(work.groups))
    }

    func step<Arguments>(_ kernel: mdl_kernel!, _ pointer: UnsafeMutablePointer<Arguments>, items: Int)
        -> mdl_step
    {
        mdl_step(kernel: kernel, arguments: UnsafeRawPointer(pointer), items: Int32(items), tag: 0)
    }
}
