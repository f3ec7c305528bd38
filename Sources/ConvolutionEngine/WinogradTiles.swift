import CConvolution

/// How Winograd's algorithm covers outputs with tiles.
///
/// A dilation d splits the outputs of an axis into d interleaved sub-grids; each is a plain convolution and is cut into
/// tiles by itself, so that no tile mixes sub-grids.
package struct WinogradTiles {
    /// The tiles there are kernels for, in outputs per side.
    package static let sizes = [2, 3, 4]

    /// Whether there is a Winograd form: 3 × 3 taps, stride 1, and a padding that keeps the tiles' inputs near.
    package static func apply(to geometry: ConvolutionGeometry) -> Bool {
        geometry.kernelSize == 3 && geometry.stride == 1 && geometry.padding <= 2 * geometry.dilation
    }

    let tile: Int
    let dilation: Int
    let rows: [Int32]
    let columns: [Int32]

    /// Tiles over outputs of `height` × `width`.
    init(height: Int, width: Int, tile: Int, dilation: Int) {
        precondition(WinogradTiles.sizes.contains(tile), "tiles have 2, 3 or 4 outputs per side")
        self.tile = tile
        self.dilation = dilation
        rows = WinogradTiles.origins(length: height, tile: tile, dilation: dilation)
        columns = WinogradTiles.origins(length: width, tile: tile, dilation: dilation)
    }

    /// The first output of every tile of one axis.
    static func origins(length: Int, tile: Int, dilation: Int) -> [Int32] {
        (0..<min(dilation, length)).flatMap { phase in
            stride(from: phase, to: length, by: tile * dilation).map(Int32.init)
        }
    }

    var perSample: Int { rows.count * columns.count }
    var places: Int { (tile + 2) * (tile + 2) }

    func keep(in arguments: ArgumentStore, padding: Int) -> mdl_winograd_tiles {
        mdl_winograd_tiles(
            rows: arguments.keep(rows), columns: arguments.keep(columns), row_count: Int32(rows.count),
            column_count: Int32(columns.count), size: Int32(tile), step: Int32(dilation), padding: Int32(padding))
    }

    /// Floats from one place's matrix to the next's for matrices of `count` floats: an odd number of cache lines, and
    /// for large matrices one that leaves 5 modulo a page, so that the places of one tile fall into different sets of
    /// the cache.
    static func placeStride(_ count: Int) -> Int {
        let lines = (count + 15) / 16
        return 16 * (lines < 64 ? lines | 1 : lines + (69 - lines % 64) % 64)
    }
}

/// A filter transformed for one direction and tile: [place][panel][channel][panel width].
package enum WinogradFilter {
    /// Its floats.
    package static func count(
        _ geometry: ConvolutionGeometry, tile: Int, transposed: Bool, kernels: Kernels
    ) -> Int {
        let rows = transposed ? geometry.outputChannels : geometry.inputChannels
        return (tile + 2) * (tile + 2) * rows * panels(geometry, transposed: transposed, kernels: kernels)
            * kernels.panelWidth
    }

    static func panels(_ geometry: ConvolutionGeometry, transposed: Bool, kernels: Kernels) -> Int {
        let channels = transposed ? geometry.inputChannels : geometry.outputChannels
        return (channels + kernels.panelWidth - 1) / kernels.panelWidth
    }
}
