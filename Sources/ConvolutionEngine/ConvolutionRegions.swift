import CConvolution

/// How the outputs of a direct convolution are cut: rectangular regions in which the same filter taps meet real pixels,
/// gathered in bands of rows, each band being the work of one item.
struct ConvolutionRegions {
    var regions: [mdl_region] = []
    var runs: [mdl_run] = []
    var bands: [mdl_band] = []

    /// Outputs of one axis that follow each other and see the same taps: [first, first + count), with the taps as
    /// (place in the packed filter, floats to the input from the first output's base).
    private struct Segment {
        var first: Int
        var count: Int
        var taps: [(place: Int, input: Int)]
    }

    /// The forward pass from `input` to `output`.
    static func forward(
        _ geometry: ConvolutionGeometry, input: TensorView, output: TensorView, bandRows: Int
    ) -> ConvolutionRegions {
        let rows = segments(count: output.height, limit: bandRows) { row in
            geometry.validTaps(atOutput: row, input: input.height).map { tap in
                (place: tap, input: (tap * geometry.dilation - geometry.padding) * input.rowStride)
            }
        }
        let columns = segments(count: output.width, limit: .max) { column in
            geometry.validTaps(atOutput: column, input: input.width).map { tap in
                (place: tap, input: (tap * geometry.dilation - geometry.padding) * input.pixelStride)
            }
        }
        var result = ConvolutionRegions()
        result.add(
            rows: rows, columns: columns, channels: geometry.inputChannels, kernelSize: geometry.kernelSize,
            inputRow: geometry.stride * input.rowStride, inputPixel: geometry.stride * input.pixelStride,
            outputRow: output.rowStride, outputPixel: output.pixelStride)
        return result
    }

    /// The pass back to the data, from `outputGradient` to `inputGradient`. With a stride, the inputs of each remainder
    /// modulo the stride form a grid of their own, convolved with the taps that reach it.
    static func backward(
        _ geometry: ConvolutionGeometry, outputGradient: TensorView, inputGradient: TensorView, bandRows: Int
    ) -> ConvolutionRegions {
        let stride = geometry.stride
        var result = ConvolutionRegions()
        for rowPhase in 0..<min(stride, inputGradient.height) {
            let rows = segments(count: (inputGradient.height - rowPhase + stride - 1) / stride, limit: bandRows) {
                step in
                geometry.reachingTaps(ofInput: rowPhase + step * stride, output: outputGradient.height).map {
                    (place: geometry.kernelSize - 1 - $0.tap, input: ($0.output - step) * outputGradient.rowStride)
                }
            }
            for columnPhase in 0..<min(stride, inputGradient.width) {
                let columns = segments(
                    count: (inputGradient.width - columnPhase + stride - 1) / stride, limit: .max
                ) { step in
                    geometry.reachingTaps(ofInput: columnPhase + step * stride, output: outputGradient.width).map {
                        (
                            place: geometry.kernelSize - 1 - $0.tap,
                            input: ($0.output - step) * outputGradient.pixelStride
                        )
                    }
                }
                result.add(
                    rows: rows, columns: columns, channels: geometry.outputChannels, kernelSize: geometry.kernelSize,
                    inputRow: outputGradient.rowStride, inputPixel: outputGradient.pixelStride,
                    outputRow: stride * inputGradient.rowStride, outputPixel: stride * inputGradient.pixelStride,
                    origin: rowPhase * inputGradient.rowStride + columnPhase * inputGradient.pixelStride)
            }
        }
        return result
    }

    /// Joins outputs that see the same taps, at most `limit` in one segment.
    private static func segments(
        count: Int, limit: Int, taps: (Int) -> [(place: Int, input: Int)]
    ) -> [Segment] {
        var result: [Segment] = []
        for index in 0..<count {
            let own = taps(index)
            if let last = result.last, last.count < limit, index % limit != 0,
                last.taps.elementsEqual(own, by: { $0 == $1 })
            {
                result[result.count - 1].count += 1
            } else {
                result.append(Segment(first: index, count: 1, taps: own))
            }
        }
        return result
    }

    /// Adds the product of the two axes, a band per row segment. Taps that lie next to each other in a row, in the
    /// input as in the packed filter, become one run.
    private mutating func add(
        rows: [Segment], columns: [Segment], channels: Int, kernelSize: Int, inputRow: Int, inputPixel: Int,
        outputRow: Int, outputPixel: Int, origin: Int = 0
    ) {
        for row in rows {
            let firstRegion = regions.count
            for column in columns {
                let firstRun = runs.count
                for rowTap in row.taps {
                    for columnTap in column.taps {
                        let input = rowTap.input + columnTap.input
                        let filter = Int32((rowTap.place * kernelSize + columnTap.place) * channels)
                        if runs.count > firstRun, let last = runs.last, last.input + Int(last.length) == input,
                            last.filter + last.length == filter
                        {
                            runs[runs.count - 1].length += Int32(channels)
                        } else {
                            runs.append(mdl_run(input: input, filter: filter, length: Int32(channels)))
                        }
                    }
                }
                regions.append(
                    mdl_region(
                        input: row.first * inputRow + column.first * inputPixel,
                        output: origin + row.first * outputRow + column.first * outputPixel,
                        rows: Int32(row.count), columns: Int32(column.count), first_run: Int32(firstRun),
                        runs: Int32(runs.count - firstRun)))
            }
            bands.append(mdl_band(first: Int32(firstRegion), count: Int32(regions.count - firstRegion)))
        }
    }
}
