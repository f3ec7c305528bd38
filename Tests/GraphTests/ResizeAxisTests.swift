import Graph
import Testing

@Suite struct ResizeAxisTests {
    private static let lengths = [
        (1, 1), (1, 7), (2, 5), (5, 2), (7, 7), (3, 33), (33, 3), (9, 61), (61, 9), (12, 13), (64, 1),
    ]

    /// The matrix of an axis, outputs × inputs, as the forward pass applies it.
    private func forward(_ axis: ResizeAxis, inputs: Int) -> [[Float]] {
        axis.taps.map { tap in
            var row = [Float](repeating: 0, count: inputs)
            row[Int(tap.low)] += 1 - tap.weight
            row[min(Int(tap.low) + 1, inputs - 1)] += tap.weight
            return row
        }
    }

    @Test(arguments: lengths)
    func backwardIsTheTranspose(inputs: Int, outputs: Int) {
        let axis = ResizeAxis(inputs: inputs, outputs: outputs)
        var transpose = [[Float]](repeating: [Float](repeating: 0, count: outputs), count: inputs)
        for (input, source) in axis.sources.enumerated() {
            for step in 0..<Int(source.count) {
                transpose[input][Int(source.first) + step] += axis.weights[Int(source.offset) + step]
            }
        }
        let matrix = forward(axis, inputs: inputs)
        for output in 0..<outputs {
            for input in 0..<inputs {
                // (1 − w) + w may be rounded once.
                #expect(abs(matrix[output][input] - transpose[input][output]) <= 0x1p-24)
            }
        }
    }

    @Test(arguments: lengths)
    func centresAreHalfPixels(inputs: Int, outputs: Int) {
        let axis = ResizeAxis(inputs: inputs, outputs: outputs)
        for (output, row) in forward(axis, inputs: inputs).enumerated() {
            let centre = (Double(output) + 0.5) * Double(inputs) / Double(outputs) - 0.5
            let inside = min(max(centre, 0), Double(inputs - 1))
            let mean = row.enumerated().reduce(0) { $0 + Double($1.offset) * Double($1.element) }
            // A position up to `inputs` is rounded three times, its weights once more.
            #expect(abs(mean - inside) <= 4 * 0x1p-24 * Double(inputs))
            #expect(abs(row.reduce(0, +) - 1) <= 0x1p-23)
        }
    }
}
