import CConvolution
import CThreadPool

/// How the gradient of a filter is computed by Winograd's algorithm: sample by sample (several at once where they are
/// small) the input and the output's gradient are transformed a block of tiles at a time, multiplied place by place,
/// transformed back, and folded. Where one sample's transformed tiles are fewer than the products, they are kept whole,
/// and the products of some channels at a time go from register to fold without being stored.
///
/// The blocks of tiles follow from one sample's tiles alone, because sums are formed per block. How many samples
/// are treated at once changes no result.
package struct WinogradFilterGradient {
    package let geometry: ConvolutionGeometry
    let tiles: WinogradTiles
    let samples: Int
    let samplesAtOnce: Int
    let blockTiles: Int
    /// Tiles that are transformed before they are multiplied: some blocks, or all of a sample.
    let tilesAtOnce: Int
    let isWhole: Bool
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
        // Blocks of about equal size: few enough tiles to stay in cache and to keep sums short, enough of them that the
        // products are seldom read and written.
        let blocks = (tiles.perSample + 63) / 64
        blockTiles = (tiles.perSample + blocks - 1) / blocks
        // A sample's transformed tiles are read once per panel, so they should fit a shared cache, 16 MB here.
        let transformed = tiles.perSample * (inputs + outputs)
        isWhole =
            transformed <= geometry.inputChannels * outputs && tiles.places * transformed <= 4_000_000
            && panels * (inputs / block) >= threads
        // Small layers take many blocks in one step, large ones keep to what a core's second cache holds.
        let blocksAtOnce = max(1, 600_000 / (tiles.places * blockTiles * (inputs + outputs)))
        tilesAtOnce = isWhole ? tiles.perSample : min(tiles.perSample, blocksAtOnce * blockTiles)
        inputPlace = WinogradTiles.placeStride(inputs * tilesAtOnce)
        gradientPlace = WinogradTiles.placeStride(outputs * tilesAtOnce)
        productPlace = isWhole ? 0 : WinogradTiles.placeStride(geometry.inputChannels * outputs)
        let perSample = tiles.places * (inputPlace + gradientPlace + productPlace)
        samplesAtOnce = max(1, min(samples, 1_000_000 / perSample))
        let groups = max(1, min(panels, (4 * threads + tiles.places - 1) / tiles.places))
        panelsPerGroup = (panels + groups - 1) / groups
        chunkTiles = max(1, min(16, (samplesAtOnce * tilesAtOnce + 4 * threads - 1) / (4 * threads)))
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
        let block = Int(mdl_winograd_block)
        let foldItems = cut.panels * ((cut.geometry.inputChannels + block - 1) / block)
        var steps: [mdl_step] = []
        for firstSample in stride(from: 0, to: cut.samples, by: cut.samplesAtOnce) {
            let samples = min(cut.samplesAtOnce, cut.samples - firstSample)
            for firstTile in stride(from: 0, to: cut.tiles.perSample, by: cut.tilesAtOnce) {
                let count = min(cut.tilesAtOnce, cut.tiles.perSample - firstTile)
                let chunks = (count + cut.chunkTiles - 1) / cut.chunkTiles
                let work = arguments.keep(
                    mdl_winograd_gradient(
                        input: input.view, input_extent: input.extent, output_gradient: outputGradient.view,
                        output_extent: outputGradient.extent, tiles: tiles, first_sample: Int32(firstSample),
                        samples: Int32(samples), first_tile: Int32(firstTile), tile_count: Int32(count),
                        block_tiles: Int32(cut.blockTiles), chunk_tiles: Int32(cut.chunkTiles), chunks: Int32(chunks),
                        groups: Int32(groups), panels_per_group: Int32(cut.panelsPerGroup),
                        transformed_input: scratch, transformed_gradient: transformedGradient, products: products,
                        input_place: cut.inputPlace, gradient_place: cut.gradientPlace,
                        product_place: cut.productPlace, filter_gradient: filterGradient,
                        subtree_stride: subtreeStride, fold: fold,
                        partials: products + cut.samplesAtOnce * places * cut.productPlace))
                steps.append(step(kernels.winograd.gradient_transform, work, items: samples * chunks * 2))
                if cut.isWhole {
                    steps.append(step(kernels.winograd.gradient_whole, work, items: foldItems))
                    continue
                }
                steps.append(step(kernels.winograd.gradient_products, work, items: samples * places * groups))
                if firstTile + count == cut.tiles.perSample {
                    steps.append(step(kernels.winograd.gradient_fold, work, items: foldItems))
                }
            }
        }
        return steps
    }
}
