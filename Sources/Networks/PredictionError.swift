/// A network's answer that is not finite: which one, and where. Nothing follows from such an answer, so whoever meets it writes
/// nothing of it.
package struct PredictionError: Error, CustomStringConvertible {
    package let task: String
    /// The sample or picture that was answered.
    package let sample: String
    package let row: Int
    package let column: Int
    package let value: Float

    /// Looks through one answer.
    ///
    /// - Parameters:
    ///   - task: whose answer it is.
    ///   - sample: what was answered, for the sentence.
    ///   - values: height × width × channels, pixel after pixel.
    ///   - firstRow: where they begin in the whole answer.
    /// - Returns: nil where all values are finite.
    package init?(
        of task: String, for sample: String, in values: UnsafeBufferPointer<Float>, firstRow: Int = 0, width: Int,
        channels: Int
    ) {
        // One after the other: whether a value times 0 is 0 needs no branch, and most answers are finite.
        var sums = SIMD8<Float>(repeating: 0)
        let whole = values.count / 8 * 8
        for place in stride(from: 0, to: whole, by: 8) {
            sums += UnsafeRawPointer(values.baseAddress! + place).loadUnaligned(as: SIMD8<Float>.self) * 0
        }
        guard sums != SIMD8(repeating: 0) || !values[whole...].allSatisfy(\.isFinite),
            let place = values.firstIndex(where: { !$0.isFinite })
        else { return nil }
        self.task = task
        self.sample = sample
        row = firstRow + place / (width * channels)
        column = place / channels % width
        value = values[place]
    }

    /// What was found, without what to do.
    package var finding: String {
        "the prediction of \(task) for \(sample) is \(value) at row \(row), column \(column)"
    }

    package var description: String {
        "\(finding): the model's weights are too large or damaged, and nothing of it was written; train it again with a "
            + "smaller training.learning_rate, or take an earlier checkpoint (modulor inspect shows what there is)"
    }
}
