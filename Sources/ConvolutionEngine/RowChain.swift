import CConvolution
import CThreadPool

/// A pass over the rows of a tensor, cut into chunks of one sample as `TensorView.rows` says.
package struct RowPass {
    package let step: mdl_step
    /// Rows of a sample.
    let height: Int
    let rows: mdl_rows

    /// - Parameters:
    ///   - step: its item sample × chunks + chunk reads of `tensor` the rows of its chunk alone.
    ///   - tensor: what is read.
    package init(_ step: mdl_step, over tensor: TensorView) {
        self.step = step
        height = tensor.height
        rows = tensor.rows
        precondition(Int(step.items) == tensor.samples * Int(rows.chunks), "an item per chunk")
    }

    /// The chunks that hold some of the rows, those of all samples being numbered through.
    func chunks(holding range: Range<Int>) -> mdl_items {
        func chunk(_ row: Int) -> Int32 {
            Int32(row / height) * rows.chunks + Int32(row % height) / rows.rows
        }
        return mdl_items(first: chunk(range.lowerBound), end: chunk(range.upperBound - 1) + 1)
    }
}

extension ConvolutionCut {
    /// One step that computes a convolution and, row by row while they are still in cache, a pass over what it writes.
    ///
    /// Both compute what they compute alone, so the bits of either are the same. nil where an item of the convolution
    /// writes rows that lie apart, so that most of the pass would wait for the last items.
    ///
    /// - Parameters:
    ///   - step: made by this cut.
    ///   - output: what it writes.
    package func chain(
        _ step: mdl_step, writing output: TensorView, with pass: RowPass, in arguments: ArgumentStore
    ) -> mdl_step? {
        guard let written = writtenRows(step, output) else { return nil }
        let waiting = written.map(pass.chunks(holding:))
        var needed = [Int32](repeating: 0, count: Int(pass.step.items))
        for chunks in waiting {
            for chunk in chunks.first..<chunks.end { needed[Int(chunk)] += 1 }
        }
        precondition(!needed.contains(0), "a convolution writes every row")
        let chain = mdl_chain(
            step: step, next: pass.step, waiting: arguments.keep(waiting), needed: arguments.keep(needed),
            missing: arguments.keep(needed))
        return mdl_step(
            kernel: mdl_chain_kernel, arguments: UnsafeRawPointer(arguments.keep(chain)), items: step.items, tag: 0)
    }

    /// The rows that each item writes, those of all samples being numbered through; nil where they lie apart.
    private func writtenRows(_ step: mdl_step, _ output: TensorView) -> [Range<Int>]? {
        switch algorithm {
        case .direct:
            let work = step.arguments.load(as: mdl_convolution.self)
            // Back to the data of a stride, an item has the rows of one remainder.
            guard work.output_row == output.rowStride else { return nil }
            return (0..<Int(step.items)).map { item in
                let band = work.bands[item / Int(work.groups) % Int(work.band_count)]
                let firstRow = item / Int(work.groups * work.band_count) * output.height
                let regions = (band.first..<band.first + band.count).map { work.regions[Int($0)] }
                let firsts = regions.map { $0.output / output.rowStride }
                let ends = zip(firsts, regions).map { $0 + Int($1.rows) }
                return firstRow + firsts.min()!..<firstRow + ends.max()!
            }
        case .winograd:
            let work = step.arguments.load(as: mdl_winograd_convolution.self)
            let tiles = work.tiles
            // With a dilation, neighbouring rows belong to different tiles.
            guard tiles.step == 1 else { return nil }
            func line(ofTile tile: Int32) -> (first: Int, row: Int) {
                let line = tile / tiles.column_count
                return (Int(line / tiles.row_count) * output.height, Int(tiles.rows[Int(line % tiles.row_count)]))
            }
            return (0..<step.items).map { item in
                let first = item / work.groups * work.block_tiles
                let from = line(ofTile: first)
                let to = line(ofTile: min(first + work.block_tiles, work.tile_count) - 1)
                return from.first + from.row..<to.first + min(to.row + Int(tiles.size), output.height)
            }
        case .openblas:
            return nil
        }
    }
}
