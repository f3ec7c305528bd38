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

/// Fits a ``ConstantPredictor`` to training labels, which may come in any order and be merged, as for ``TaskScore``.
package struct ConstantFit: Sendable {
    /// Which constant is the best of its kind.
    package enum Rule: Sendable, Equatable {
        /// The most frequent class, the first of equals.
        case majority(classes: Int, unknown: Float)
        /// Each channel positive everywhere; negative everywhere if no label of it is positive. The other constant has F 0.
        case positive(channels: Int, unknown: Float)
        /// The direction of the sum of all unit vectors of three channels, (0, 0, 0) being unknown.
        case direction
        /// The mean of what is above 0, in one channel: the constant of the least RMSE.
        case distance
        /// The mean of each channel, where the label is a number.
        case means(channels: Int)

        /// Values per pixel of a label.
        var labelChannels: Int {
            switch self {
            case .majority, .distance: 1
            case .direction: 3
            case .positive(let channels, _), .means(let channels): channels
            }
        }
    }

    package let rule: Rule
    /// Counts: pixels of each class, or each channel's known negative and positive values. Rows: of each channel the sum,
    /// in row-major order, and the number of known values.
    package var tally: MetricTally

    /// A fit to nothing yet.
    package init(_ rule: Rule) {
        self.rule = rule
        switch rule {
        case .majority(let classes, _):
            precondition(classes > 0, "a classification task has classes")
            tally = MetricTally(counts: classes, columns: 0)
        case .positive(let channels, _): tally = MetricTally(counts: 2 * channels, columns: 0)
        case .direction, .distance, .means: tally = MetricTally(counts: 0, columns: 2 * rule.labelChannels)
        }
    }

    /// Adds one sample's label.
    /// - Parameter sample: the sample's index in the whole set; an index comes once.
    package mutating func add(label: MapView, sample: Int) {
        precondition(label.channels == rule.labelChannels, "a label has the channels of its task")
        switch rule {
        case .majority(let classes, let unknown):
            count(label, unknown: unknown) { truth, _ in
                precondition(truth >= 0 && truth < Float(classes), "class \(truth) is not among \(classes)")
                return Int(truth)
            }
        case .positive(_, let unknown):
            count(label, unknown: unknown) { truth, channel in 2 * channel + (truth > 0.5 ? 1 : 0) }
        case .direction: sum(label, sample: sample) { $0[0] != 0 || $0[1] != 0 || $0[2] != 0 }
        case .distance: sum(label, sample: sample) { $0[0] > 0 }
        case .means: sum(label, sample: sample) { _ in true }
        }
    }

    /// Counts each known value at the place that `place(value, channel)` says.
    private mutating func count(_ label: MapView, unknown: Float, place: (Float, Int) -> Int) {
        let pixels = tally.updateCounts { counts in
            var known = 0
            for row in 0..<label.height {
                let truths = label.row(row)
                for index in 0..<label.width * label.channels where truths[index] != unknown {
                    counts[place(truths[index], index % label.channels)] += 1
                    known += 1
                }
            }
            return known
        }
        tally.addSample(pixels: pixels)
    }

    /// Sums each channel over the pixels that are known as a whole, where it is a number.
    private mutating func sum(_ label: MapView, sample: Int, isKnown: (UnsafePointer<Float>) -> Bool) {
        var row = [Double](repeating: 0, count: tally.columns)
        var known = 0
        for line in 0..<label.height {
            for column in 0..<label.width {
                let truth = label.row(line) + column * label.channels
                guard isKnown(truth) else { continue }
                for channel in 0..<label.channels where !truth[channel].isNaN {
                    row[2 * channel] += Double(truth[channel])
                    row[2 * channel + 1] += 1
                    known += 1
                }
            }
        }
        guard known > 0 else { return }
        tally.addSample(pixels: known)
        tally.addRow(row, sample: sample)
    }

    /// Adds what another fit by the same rule has seen of other samples.
    package mutating func merge(_ other: ConstantFit) {
        precondition(other.rule == rule, "only fits of one rule add up")
        tally.merge(other.tally)
    }

    /// The constant that suits the labels seen so far; nil while none of them has a known pixel.
    package func predictor() -> ConstantPredictor? {
        guard tally.scoredPixels > 0 else { return nil }
        switch rule {
        case .majority(let classes, _):
            var majority = 0
            for index in 1..<max(classes, 1) where tally.count(index) > tally.count(majority) { majority = index }
            return ConstantPredictor(values: (0..<classes).map { $0 == majority ? 1 : 0 })
        case .positive(let channels, _):
            // Far enough for a probability of 0 or 1 at every threshold.
            return ConstantPredictor(values: (0..<channels).map { tally.count(2 * $0 + 1) > 0 ? 30 : -30 })
        case .direction:
            let sums = tally.columnSums
            let (x, y, z) = (sums[0], sums[2], sums[4])
            let length = (x * x + y * y + z * z).squareRoot()
            return ConstantPredictor(values: [x, y, z].map { Float($0 / (length == 0 ? 1 : length)) })
        case .distance, .means:
            let sums = tally.columnSums
            return ConstantPredictor(
                values: stride(from: 0, to: sums.count, by: 2).map {
                    // A channel of which nothing is known is scored nowhere.
                    sums[$0 + 1] > 0 ? Float(sums[$0] / sums[$0 + 1]) : 0
                })
        }
    }
}

/// A task's figure beside that of the constant predictor.
package struct ConstantComparison: Sendable, Equatable {
    package let achieved: MetricResult
    package let constant: MetricResult

    /// Compares two figures of one metric.
    package init(achieved: MetricResult, constant: MetricResult) {
        precondition(
            achieved.figure == constant.figure && achieved.convention == constant.convention,
            "only figures of one metric are comparable")
        self.achieved = achieved
        self.constant = constant
    }

    /// The share of the way from the constant's value to the perfect one: 0 is no better than the constant, 1 perfect,
    /// below 0 worse. For an error it is 1 − its ratio to the constant's: one bar fits scores and errors.
    package var progress: Double {
        let way = achieved.perfectValue - constant.value
        // Where the constant is perfect already there is no way to go: all is done or nothing is.
        guard way != 0 else { return achieved.value == achieved.perfectValue ? 1 : 0 }
        return (achieved.value - constant.value) / way
    }
}
