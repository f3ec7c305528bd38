import CConvolution
import CThreadPool

/// How a Winograd convolution, forward or back to the data, is cut into items: some tiles, and where these are few some
/// panels of output channels.
///
/// Tiles are independent of each other, so the cut changes no result.
package struct WinogradConvolution {
    package let geometry: ConvolutionGeometry
    let transposed: Bool
    let tiles: WinogradTiles
    let tileCount: Int
    let blockTiles: Int
    let panels: Int
    let panelsPerGroup: Int
    let inputPlace: Int
    let productPlace: Int

    /// - Parameters:
    ///   - tile: outputs per side of a tile.
    ///   - transposed: the pass back to the data, whose outputs are the convolution's inputs.
    ///   - outputHeight: rows of what is written: the output, or the gradient of the input.
    package init(
        _ geometry: ConvolutionGeometry, tile: Int, transposed: Bool, samples: Int, outputHeight: Int,
        outputWidth: Int, kernels: Kernels, threads: Int
    ) {
        precondition(WinogradTiles.apply(to: geometry), "3 × 3 taps, stride 1, padding of at most twice the dilation")
        self.geometry = geometry
        self.transposed = transposed
        tiles = WinogradTiles(
            height: outputHeight, width: outputWidth, tile: tile, dilation: geometry.dilation)
        tileCount = samples * tiles.perSample
        panels = WinogradFilter.panels(geometry, transposed: transposed, kernels: kernels)
        let registerTiles = Int(kernels.winograd.register_tiles)
        let filter = WinogradFilter.count(geometry, tile: tile, transposed: transposed, kernels: kernels)
        // Transformed tiles should stay in a core's second cache; a filter that does not is read once per block, and
        // then larger blocks read it less often.
        let wanted = filter <= 1_500_000 ? 14 : filter <= 6_000_000 ? 28 : 84
        let whole = (wanted + registerTiles - 1) / registerTiles * registerTiles
        var blocks = max(1, (tileCount + whole - 1) / whole)
        if blocks < 4 * threads {
            let rounded = (blocks + threads - 1) / threads * threads
            blocks = max(1, min(rounded, 2 * tileCount / registerTiles))
        }
        blockTiles = max(1, (tileCount + blocks - 1) / blocks)
        let groups = min(panels, max(1, threads / blocks))
        panelsPerGroup = (panels + groups - 1) / groups
        let inputs = transposed ? geometry.outputChannels : geometry.inputChannels
        let block = Int(mdl_winograd_block)
        inputPlace = WinogradTiles.placeStride((inputs + block - 1) / block * block * blockTiles)
        productPlace = WinogradTiles.placeStride(panelsPerGroup * blockTiles * kernels.panelWidth)
    }

    /// Scratch floats that each worker needs.
    package var scratchPerWorker: Int { tiles.places * (inputPlace + productPlace) }
}

extension ConvolutionSteps {
    /// Transforms a filter that lies as [tap][input channel][output channel] to `WinogradFilter.count` floats.
    package func winogradFilter(
        _ geometry: ConvolutionGeometry, tile: Int, filter: UnsafePointer<Float>,
        to transformed: UnsafeMutablePointer<Float>, transposed: Bool
    ) -> mdl_step {
        let work = mdl_winograd_filter(
            filter: filter, transformed: transformed, inputs: Int32(geometry.inputChannels),
            outputs: Int32(geometry.outputChannels), size: Int32(tile), transposed: transposed ? 1 : 0)
        let rows = transposed ? geometry.outputChannels : geometry.inputChannels
        let chunk = Int(mdl_winograd_chunk)
        return step(
            kernels.winograd.filter, arguments.keep(work),
            items: WinogradFilter.panels(geometry, transposed: transposed, kernels: kernels)
                * ((rows + chunk - 1) / chunk))
    }

    /// output = filter ∗ input + bias, by a cut made with `transposed: false`.
    ///
    /// - Parameters:
    ///   - filter: transformed with the cut's tile.
    ///   - scratch: `scratchPerWorker` floats for every worker.
    package func winogradForward(
        _ cut: WinogradConvolution, input: TensorView, filter: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: TensorView, scratch: UnsafeMutablePointer<Float>
    ) -> mdl_step {
        precondition(!cut.transposed)
        return winograd(
            cut, input: input, filter: filter, bias: bias, output: output, padding: cut.geometry.padding,
            accumulate: false, scratch: scratch)
    }

    /// inputGradient = (or +=) filterᵀ ∗ outputGradient, by a cut made with `transposed: true`. `filter` is transformed
    /// transposed.
    package func winogradBackwardToData(
        _ cut: WinogradConvolution, outputGradient: TensorView, filter: UnsafePointer<Float>,
        inputGradient: TensorView, accumulate: Bool, scratch: UnsafeMutablePointer<Float>
    ) -> mdl_step {
        precondition(cut.transposed)
        // The convolution with the reversed taps, padded by what remains of the kernel's reach.
        return winograd(
            cut, input: outputGradient, filter: filter, bias: nil, output: inputGradient,
            padding: 2 * cut.geometry.dilation - cut.geometry.padding, accumulate: accumulate, scratch: scratch)
    }

    private func winograd(
        _ cut: WinogradConvolution, input: TensorView, filter: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
        output: TensorView, padding: Int, accumulate: Bool, scratch: UnsafeMutablePointer<Float>
    ) -> mdl_step {
        precondition(cut.tileCount == output.samples * cut.tiles.perSample, "the cut is made for this output")
        let groups = (cut.panels + cut.panelsPerGroup - 1) / cut.panelsPerGroup
        let work = mdl_winograd_convolution(
            input: input.view, input_extent: input.extent, output: output.view, output_extent: output.extent,
            tiles: cut.tiles.keep(in: arguments, padding: padding), tile_count: Int32(cut.tileCount),
            block_tiles: Int32(cut.blockTiles), groups: Int32(groups), panels_per_group: Int32(cut.panelsPerGroup),
            accumulate: accumulate ? 1 : 0, filter: filter, bias: bias, scratch: scratch,
            scratch_stride: cut.scratchPerWorker, input_place: cut.inputPlace, product_place: cut.productPlace)
        let blocks = (cut.tileCount + cut.blockTiles - 1) / cut.blockTiles
        return step(kernels.winograd.convolution, arguments.keep(work), items: blocks * groups)
    }
}
