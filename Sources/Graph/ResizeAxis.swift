import CConvolution

/// One axis of a bilinear resize with half-pixel centres, and its transpose.
package struct ResizeAxis {
    /// Per output: the lower of its two inputs and the weight of the upper one.
    package private(set) var taps: [mdl_resize_tap] = []
    /// Per input: the outputs that read it, in ascending order.
    package private(set) var sources: [mdl_resize_source] = []
    package private(set) var weights: [Float] = []

    package init(inputs: Int, outputs: Int) {
        self.init(inputs: inputs, taps: (0..<outputs).map { Self.tap(of: $0, inputs: inputs, outputs: outputs) })
    }

    /// Of outputs with these taps, which ascend.
    init(inputs: Int, taps: [mdl_resize_tap]) {
        self.taps = taps
        var contributions: [[(output: Int, weight: Float)]] = Array(repeating: [], count: inputs)
        for (output, tap) in taps.enumerated() {
            let (low, weight) = (Int(tap.low), tap.weight)
            let high = min(low + 1, inputs - 1)
            if high == low {
                contributions[low].append((output, 1))
            } else {
                contributions[low].append((output, 1 - weight))
                contributions[high].append((output, weight))
            }
        }
        for list in contributions {
            // Outputs that read one input follow each other, because positions grow with the output.
            sources.append(
                mdl_resize_source(
                    first: Int32(list.first?.output ?? 0), count: Int32(list.count), offset: Int32(weights.count)))
            weights += list.map(\.weight)
        }
    }

    /// What one output reads.
    static func tap(of output: Int, inputs: Int, outputs: Int) -> mdl_resize_tap {
        let scale = Float(inputs) / Float(outputs)
        let position = max(0, (Float(output) + 0.5) * scale - 0.5)
        let low = min(Int(position), inputs - 1)
        return mdl_resize_tap(low: Int32(low), weight: position - Float(low))
    }
}
