import CConvolution
import ConvolutionEngine
import TensorCore
import Testing

/// Winograd's algorithm on every instruction set against the definition of the convolution.
@Suite struct WinogradTests {
    private let pool = ThreadPool(threads: 2)

    private func largestError(_ actual: [Float], _ sums: [MeasuredSum], before: [Float]? = nil) -> Double {
        guard actual.count == sums.count else { return .infinity }
        var largest = 0.0
        for index in actual.indices {
            let error = abs(Double(actual[index]) - (sums[index].value + Double(before?[index] ?? 0)))
            // A value that is not a number is an infinite error.
            largest = max(largest, error.isNaN ? .infinity : error)
        }
        return largest
    }

    @Test(arguments: WinogradTiles.sizes)
    func matricesAreThoseOfTheirPoints(tile: Int) throws {
        let definition = WinogradDefinition(tile: tile)
        let own = try #require(mdl_winograd_matrices_of(Int32(tile))).pointee
        func rows<Matrix>(_ matrix: Matrix, width: Int) -> [[Float]] {
            withUnsafeBytes(of: matrix) { bytes in
                let values = Array(bytes.bindMemory(to: Float.self))
                return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
            }
        }
        func expectRounded(_ actual: [[Float]], _ expected: [[Double]]) {
            for (row, expectedRow) in zip(actual, expected) {
                for (value, expectedValue) in zip(row, expectedRow) {
                    #expect(abs(Double(value) - expectedValue) <= abs(expectedValue) * 0x1p-23)
                }
            }
        }
        let most = Int(mdl_winograd_most)
        expectRounded(rows(own.output, width: most + 2), definition.output)
        expectRounded(rows(own.filter, width: 3), definition.filter)
        expectRounded(rows(own.input, width: most + 2), definition.input)
    }

    /// A'((G g) · (B' d)) is the correlation of any line with any taps: both are bilinear, so unit vectors suffice.
    @Test(arguments: WinogradTiles.sizes)
    func matricesMakeAConvolution(tile: Int) {
        let own = WinogradDefinition(tile: tile)
        for tap in 0..<3 {
            for pixel in 0..<tile + 2 {
                for output in 0..<tile {
                    let value = (0..<tile + 2).reduce(0) {
                        $0 + own.output[output][$1] * own.filter[$1][tap] * own.input[$1][pixel]
                    }
                    #expect(abs(value - (output + tap == pixel ? 1 : 0)) < 1e-14)
                }
            }
        }
    }

    @Test(arguments: WinogradCase.all)
    func forwardMatchesDefinition(_ own: WinogradCase) {
        let bound = WinogradDefinition(tile: own.tile).bound(channels: own.own.geometry.inputChannels)
        var sums: [MeasuredSum]?
        for set in availableInstructionSets {
            let run = WinogradRun(own.own, tile: own.tile, kernels: Kernels(set), threads: 2, pool: pool)
            let tensors = run.tensors
            let expected =
                sums
                ?? ConvolutionDefinition(own: own.own).forward(tensors.input.values, tensors.filter, bias: tensors.bias)
            sums = expected
            #expect(largestError(run.forward(), expected) <= bound, "\(set)")
            #expect(tensors.output.isIntactAround, "\(set) writes beside the output")
        }
    }

    @Test(arguments: WinogradCase.all)
    func backwardToDataMatchesDefinition(_ own: WinogradCase) {
        let bound = WinogradDefinition(tile: own.tile).bound(channels: own.own.geometry.outputChannels)
        var sums: [MeasuredSum]?
        for set in availableInstructionSets {
            let run = WinogradRun(own.own, tile: own.tile, kernels: Kernels(set), threads: 2, pool: pool)
            let tensors = run.tensors
            let before = own.own.accumulates ? tensors.inputGradient.values : nil
            let expected =
                sums
                ?? ConvolutionDefinition(own: own.own).backwardToData(tensors.outputGradient.values, tensors.filter)
            sums = expected
            #expect(largestError(run.backwardToData(), expected, before: before) <= bound, "\(set)")
            #expect(tensors.inputGradient.isIntactAround, "\(set) writes beside the input's gradient")
        }
    }

    @Test(arguments: WinogradCase.all)
    func backwardToFilterMatchesDefinition(_ own: WinogradCase) {
        let (geometry, tile) = (own.own.geometry, own.tile)
        func tiles(_ length: Int) -> Int {
            (0..<min(geometry.dilation, length)).reduce(0) {
                $0 + ((length - $1 + geometry.dilation - 1) / geometry.dilation + tile - 1) / tile
            }
        }
        let count = own.own.samples * tiles(own.own.outputHeight) * tiles(own.own.outputWidth)
        let bound = WinogradDefinition(tile: tile).gradientBound(tiles: count)
        var sums: [MeasuredSum]?
        for set in availableInstructionSets {
            let run = WinogradRun(own.own, tile: tile, kernels: Kernels(set), threads: 2, pool: pool)
            let tensors = run.tensors
            let expected =
                sums
                ?? ConvolutionDefinition(own: own.own).filterGradient(
                    tensors.input.values, tensors.outputGradient.values)
            sums = expected
            #expect(largestError(run.filterGradient(), expected) <= bound, "\(set)")
        }
    }

    /// What Winograd's algorithm is worth in digits: errors of all passes stay near those of float32 sums.
    ///
    /// 4e-6 of the largest value, some 70 roundings, is a figure of quality that was set with the kernels, and derived
    /// from nothing: most roundings cancel each other. The bound of `WinogradDefinition` at 64 channels is 0.025 for tiles
    /// of 2 and 0.25 above, where the largest sums are some tens: hundreds of times as much.
    @Test(arguments: WinogradTiles.sizes)
    func errorsStayNearThoseOfDirectSums(tile: Int) {
        let own = ConvolutionCase(
            geometry: ConvolutionGeometry(inputChannels: 64, outputChannels: 64, kernelSize: 3, padding: 1),
            samples: 1, height: 20, width: 20)
        let definition = ConvolutionDefinition(own: own)
        for set in availableInstructionSets where set != .scalar {
            let run = WinogradRun(own, tile: tile, kernels: Kernels(set), threads: 2, pool: pool)
            let tensors = run.tensors
            let forward = definition.forward(tensors.input.values, tensors.filter, bias: nil)
            let data = definition.backwardToData(tensors.outputGradient.values, tensors.filter)
            let filter = definition.filterGradient(tensors.input.values, tensors.outputGradient.values)
            func expectSmall(_ actual: [Float], _ sums: [MeasuredSum]) {
                #expect(largestError(actual, sums) <= 4e-6 * sums.map { abs($0.value) }.max()!, "\(set)")
            }
            expectSmall(run.forward(), forward)
            expectSmall(run.backwardToData(), data)
            expectSmall(run.filterGradient(), filter)
        }
    }

    /// Every element of G g G' within its own bound, which is far tighter than that of a whole convolution.
    @Test(arguments: WinogradTiles.sizes, [false, true])
    func filtersAreTransformed(tile: Int, transposed: Bool) {
        let geometry = ConvolutionGeometry(inputChannels: 21, outputChannels: 37, kernelSize: 3, padding: 1)
        let own = ConvolutionCase(geometry: geometry, samples: 1, height: 1, width: 1)
        let definition = WinogradDefinition(tile: tile)
        let (rows, channels) = transposed ? (37, 21) : (21, 37)
        for set in availableInstructionSets {
            let kernels = Kernels(set)
            let run = WinogradRun(own, tile: tile, kernels: kernels, threads: 1, pool: pool)
            let actual = run.transformedFilter(transposed: transposed)
            let panels = (channels + kernels.panelWidth - 1) / kernels.panelWidth
            for place in 0..<definition.places * definition.places {
                for row in 0..<rows {
                    for lane in 0..<panels * kernels.panelWidth {
                        var sum = MeasuredSum()
                        for tap in 0..<9 where lane < channels {
                            let (input, output) = transposed ? (lane, row) : (row, lane)
                            let place = (place / definition.places, place % definition.places)
                            let value = run.tensors.filter[((transposed ? 8 - tap : tap) * 21 + input) * 37 + output]
                            sum.add(
                                definition.filter[place.0][tap / 3] * definition.filter[place.1][tap % 3]
                                    * Double(value))
                        }
                        let panel = lane / kernels.panelWidth
                        let index =
                            ((place * panels + panel) * rows + row) * kernels.panelWidth + lane % kernels.panelWidth
                        #expect(abs(Double(actual[index]) - sum.value) <= 10 * 0x1p-24 * sum.magnitude * 1.001)
                    }
                }
            }
        }
    }
}
