import CConvolution
import CThreadPool

/// How the gradient of a filter is computed by Winograd's algorithm: sample by sample (several at once where they are
/// small) the input and the output's gradient are transformed a block of tiles at a time, multiplied place by place,
/// transformed back, and folded.
///
/// The blocks of tiles follow from the channels and the tile alone, because sums are formed per block. How many samples
/// are treated at once changes no result.
package struct WinogradFilterGradient {
    package let geometry: ConvolutionGeometry
    let tiles: WinogradTiles
    let samples: Int
    let samplesAtOnce: Int
    let blockTiles: Int
    let panels: Int
    let panelsPerGroup: Int
    let chunkTiles: Int
    let inputPlace: Int
    let gradientPlace: Int
    let productPlace: Int
    let partials: Int

    /// - Parameters:
    ///   - tile: outputs per side of a tile.
    ///   - levels: partials that live at a time while samples are folded, see `ReductionTree`.
    package init(
        _ geometry: ConvolutionGeometry, tile: Int, samples: Int, outputHeight: Int, outputWidth: Int,
        kernels: Kernels, threads: Int, levels: Int
    ) {
        precondition(WinogradTiles.apply(to: geometry), "3 × 3 taps, stride 1, padding of at most twice the dilation")
        self.geometry = geometry
        self.samples = samples
        tiles = WinogradTiles(
            height: outputHeight, width: outputWidth, tile: tile, dilation: geometry.dilation)
        panels = WinogradFilter.panels(geometry, transposed: false, kernels: kernels)
        let block = Int(mdl_winograd_block)
        let inputs = (geometry.inputChannels + block - 1) / block * block
        let outputs = panels * kernels.panelWidth
        // Transformed blocks of some 4 MB: few enough to stay in a shared cache, many enough that the products are
        // seldom read and written.
        let limit = max(28, 1_000_000 / (tiles.places * (inputs + outputs)) / 14 * 14)
        blockTiles = min(tiles.perSample, min(112, limit))
        inputPlace = WinogradTiles.placeStride(inputs * blockTiles)
        gradientPlace = WinogradTiles.placeStride(outputs * blockTiles)
        productPlace = WinogradTiles.placeStride(geometry.inputChannels * outputs)
        let perSample = tiles.places * (inputPlace + gradientPlace + productPlace)
        samplesAtOnce = max(1, min(samples, 1_000_000 / perSample))
        let groups = max(1, min(panels, (4 * threads + tiles.places - 1) / tiles.places))
        panelsPerGroup = (panels + groups - 1) / groups
        chunkTiles = max(1, min(16, (samplesAtOnce * blockTiles + 4 * threads - 1) / (4 * threads)))
        partials = max(0, levels - 2)
    }

    /// Scratch floats that all workers share.
    package var scratch: Int {
        samplesAtOnce * tiles.places * (inputPlace + gradientPlace + productPlace) + partials * geometry.filterCount
    }
}

extension ConvolutionSteps {
    /// filterGradient[subtree] = Σ over the subtree's samples of outputGradient · inputᵀ, as [tap][input][output].
    ///
    /// - Parameter scratch: `WinogradFilterGradient.scratch` floats.
    package func winogradFilterGradient(
        _ cut: WinogradFilterGradient, input: TensorView, outputGradient: TensorView,
        filterGradient: UnsafeMutablePointer<Float>, subtreeStride: Int, fold: mdl_fold,
        scratch: UnsafeMutablePointer<Float>
    ) -> [mdl_step] {
        precondition(cut.samples == input.samples && cut.samples == Int(fold.samples), "the cut is made for this batch")
        let places = cut.tiles.places
        let groups = (cut.panels + cut.panelsPerGroup - 1) / cut.panelsPerGroup
        let transformedGradient = scratch + cut.samplesAtOnce * places * cut.inputPlace
        let products = transformedGradient + cut.samplesAtOnce * places * cut.gradientPlace
        let tiles = cut.tiles.keep(in: arguments, padding: cut.geometry.padding)
        let foldInputs = Int(mdl_winograd_fold_inputs)
        var steps: [mdl_step] = []
        for firstSample in stride(from: 0, to: cut.samples, by: cut.samplesAtOnce) {
            let samples = min(cut.samplesAtOnce, cut.samples - firstSample)
            for firstTile in stride(from: 0, to: cut.tiles.perSample, by: cut.blockTiles) {
                let count = min(cut.blockTiles, cut.tiles.perSample - firstTile)
                let chunks = (count + cut.chunkTiles - 1) / cut.chunkTiles
                let work = arguments.keep(
                    mdl_winograd_gradient(
                        input: input.view, input_extent: input.extent, output_gradient: outputGradient.view,
                        output_extent: outputGradient.extent, tiles: tiles, first_sample: Int32(firstSample),
                        samples: Int32(samples), first_tile: Int32(firstTile), tile_count: Int32(count),
                        chunk_tiles: Int32(cut.chunkTiles), chunks: Int32(chunks), groups: Int32(groups),
                        panels_per_group: Int32(cut.panelsPerGroup), transformed_input: scratch,
                        transformed_gradient: transformedGradient, products: products,
                        input_place: cut.inputPlace, gradient_place: cut.gradientPlace,
                        product_place: cut.productPlace, filter_gradient: filterGradient,
                        subtree_stride: subtreeStride, fold: fold,
                        partials: products + cut.samplesAtOnce * places * cut.productPlace))
                steps.append(step(kernels.winograd.gradient_transform, work, items: samples * chunks * 2))
                steps.append(step(kernels.winograd.gradient_products, work, items: samples * places * groups))
                guard firstTile + count == cut.tiles.perSample else { continue }
                let inputGroups = (cut.geometry.inputChannels + foldInputs - 1) / foldInputs
                steps.append(step(kernels.winograd.gradient_fold, work, items: cut.panels * inputGroups))
            }
        }
        return steps
    }
}
