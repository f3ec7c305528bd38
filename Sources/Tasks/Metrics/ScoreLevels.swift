/// Scores in levels that are fine enough to rank pixels by, and the area under precision over recall of that ranking.
///
/// Average precision is Σₙ (Rₙ − Rₙ₋₁) Pₙ, with P and R the precision and recall of all pixels at or above the n-th highest
/// level, as in scikit-learn's `average_precision_score`. It is that function's value of the scores rounded down to
/// multiples of 1/32 within −16 … 16, or with a rule that stores bytes of the bytes. 0 where nothing is positive. A score that is no
/// number has the lowest level.
struct ScoreLevels: Sendable {
    let rounding: ByteRounding?

    static let figureName = "average_precision_of_pixels"

    private static let limit: Float = 16
    private static let levelsPerUnit: Float = 32

    private var count: Int { rounding == nil ? Int(2 * ScoreLevels.limit * ScoreLevels.levelsPerUnit) : 256 }

    /// Counts of a histogram: the negative pixels of each level, then the positive ones.
    var histogramCount: Int { 2 * count }

    @inline(__always)
    private func level(of score: Float) -> Int {
        if let rounding { return Int(rounding.byte(score: score)) }
        let scaled = (score + ScoreLevels.limit) * ScoreLevels.levelsPerUnit
        return scaled > 0 ? Int(min(scaled, Float(count - 1))) : 0
    }

    /// Adds one channel's values of known truth to `histogram`.
    func count(
        output: MapView, label: MapView, channel: Int, unknown: Float, into histogram: UnsafeMutablePointer<Int64>
    ) {
        let count = count
        for row in 0..<label.height {
            let truths = label.row(row) + channel
            let scores = output.row(row) + channel
            for column in 0..<label.width {
                let truth = truths[column * label.channels]
                guard truth != unknown else { continue }
                histogram[(truth > 0.5 ? count : 0) + level(of: scores[column * output.channels])] += 1
            }
        }
    }

    /// The known pixels in a histogram.
    func pixels(_ histogram: (Int) -> Int64) -> (negative: Int64, positive: Int64) {
        (0..<count).reduce((0, 0)) { ($0.0 + histogram($1), $0.1 + histogram(count + $1)) }
    }

    func averagePrecision(_ histogram: (Int) -> Int64) -> Double {
        let positives = pixels(histogram).positive
        guard positives > 0 else { return 0 }
        var (found, wrong, sum): (Int64, Int64, Double) = (0, 0, 0)
        for level in (0..<count).reversed() {
            let hits = histogram(count + level)
            found += hits
            wrong += histogram(level)
            if hits > 0 { sum += Double(hits) * (Double(found) / Double(found + wrong)) }
        }
        return sum / Double(positives)
    }
}
