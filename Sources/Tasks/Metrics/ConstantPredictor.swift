/// The best answer that does not look at the picture: what every trained task must beat. ``ConstantFit`` makes it.
package struct ConstantPredictor: Sendable, Equatable {
    /// The raw output of every pixel, one value for each output channel, as ``TaskScore`` reads it.
    package let values: [Float]

    /// Lends a map of this constant. It is one row that repeats, so it costs no memory to speak of.
    package func withOutput<Result>(height: Int, width: Int, _ body: (MapView) throws -> Result) rethrows -> Result {
        var row: [Float] = []
        row.reserveCapacity(width * values.count)
        for _ in 0..<width {
            row += values
        }
        return try row.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                preconditionFailure("a map has at least one pixel")
            }
            return try body(
                MapView(base: base, height: height, width: width, channels: values.count, rowStride: 0))
        }
    }

    /// Scores this constant on one sample.
    package func add(label: MapView, sample: Int, to score: inout TaskScore) {
        withOutput(height: label.height, width: label.width) { output in
            score.add(output: output, label: label, sample: sample)
        }
    }
}
