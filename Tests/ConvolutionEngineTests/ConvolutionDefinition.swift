import ConvolutionEngine

/// A sum in double precision, with the sum of its terms' magnitudes, which bounds what rounding can do to it.
struct MeasuredSum: Sendable {
    var value = 0.0
    var magnitude = 0.0
    var terms = 0

    mutating func add(_ term: Double) {
        value += term
        magnitude += abs(term)
        terms += 1
    }

    /// The largest error of the sum in float32, in any order, with or without fused operations, `extra` further
    /// roundings included: (terms + extra) · 2⁻²⁴ · Σ|terms|, to first order (Higham, section 3.1).
    func bound(extra: Int = 3) -> Double { Double(terms + extra) * 0x1p-24 * magnitude * 1.001 }
}

/// The three passes of a convolution, loop by loop as they are defined, in double precision.
///
/// Tensors are samples × height × width × channels, filters [tap row][tap column][input][output].
struct ConvolutionDefinition {
    let own: ConvolutionCase

    /// Calls `body` for every product: the places of its input pixel, filter pixel (tap) and output pixel.
    private func forEachMeeting(_ body: (_ input: Int, _ tap: Int, _ output: Int) -> Void) {
        let g = own.geometry
        for sample in 0..<own.samples {
            for row in 0..<own.outputHeight {
                for column in 0..<own.outputWidth {
                    for tapRow in 0..<g.kernelSize {
                        for tapColumn in 0..<g.kernelSize {
                            let y = row * g.stride + tapRow * g.dilation - g.padding
                            let x = column * g.stride + tapColumn * g.dilation - g.padding
                            guard (0..<own.height).contains(y), (0..<own.width).contains(x) else { continue }
                            body(
                                (sample * own.height + y) * own.width + x, tapRow * g.kernelSize + tapColumn,
                                (sample * own.outputHeight + row) * own.outputWidth + column)
                        }
                    }
                }
            }
        }
    }

    /// Σ over the meetings, into places chosen from (input pixel, tap, output pixel).
    func forward(_ input: [Float], _ filter: [Float], bias: [Float]?) -> [MeasuredSum] {
        let (inputs, outputs) = (own.geometry.inputChannels, own.geometry.outputChannels)
        var sums = [MeasuredSum](
            repeating: .init(), count: own.samples * own.outputHeight * own.outputWidth * outputs)
        if let bias { for index in sums.indices { sums[index].add(Double(bias[index % outputs])) } }
        forEachMeeting { x, tap, y in
            for i in 0..<inputs {
                for o in 0..<outputs {
                    sums[y * outputs + o].add(
                        Double(input[x * inputs + i]) * Double(filter[(tap * inputs + i) * outputs + o]))
                }
            }
        }
        return sums
    }

    func backwardToData(_ outputGradient: [Float], _ filter: [Float]) -> [MeasuredSum] {
        let (inputs, outputs) = (own.geometry.inputChannels, own.geometry.outputChannels)
        var sums = [MeasuredSum](repeating: .init(), count: own.samples * own.height * own.width * inputs)
        forEachMeeting { x, tap, y in
            for i in 0..<inputs {
                for o in 0..<outputs {
                    sums[x * inputs + i].add(
                        Double(outputGradient[y * outputs + o]) * Double(filter[(tap * inputs + i) * outputs + o]))
                }
            }
        }
        return sums
    }

    func filterGradient(_ input: [Float], _ outputGradient: [Float]) -> [MeasuredSum] {
        let (inputs, outputs) = (own.geometry.inputChannels, own.geometry.outputChannels)
        var sums = [MeasuredSum](repeating: .init(), count: own.geometry.filterCount)
        forEachMeeting { x, tap, y in
            for i in 0..<inputs {
                for o in 0..<outputs {
                    sums[(tap * inputs + i) * outputs + o].add(
                        Double(input[x * inputs + i]) * Double(outputGradient[y * outputs + o]))
                }
            }
        }
        return sums
    }

    func biasGradient(_ outputGradient: [Float]) -> [MeasuredSum] {
        let outputs = own.geometry.outputChannels
        var sums = [MeasuredSum](repeating: .init(), count: outputs)
        for (index, value) in outputGradient.enumerated() { sums[index % outputs].add(Double(value)) }
        return sums
    }
}
