import Foundation

/// Where raw scores must lie so that their sigmoid is above each of some thresholds.
///
/// The sigmoid is monotonic, so a threshold on probabilities, and one on the bytes made of them, is a threshold on the
/// score itself. No exponential is computed for a pixel, and a probability that rounds to the threshold is not misjudged.
struct ScoreCuts: Sendable {
    /// Ascending; a score is positive at threshold i if it is at least `cuts[i]`.
    let cuts: [Float]

    /// - Parameter thresholds: ascending, in (0, 1); compared with `>` as the official code does. With bytes, byte / 255
    ///   is compared in float32, so that byte 51 is not above 0.2.
    init(thresholds: [Double], rounding: ByteRounding?) {
        cuts = thresholds.map { threshold in
            guard let rounding else {
                let cut = ScoreCuts.score(ofProbability: threshold)
                let nearest = Float(cut)
                return Double(nearest) > cut ? nearest : nearest.nextUp
            }
            guard let byte = (0...255).first(where: { Float($0) / 255 > Float(threshold) }) else {
                preconditionFailure("threshold \(threshold) is below 1")
            }
            let smallest = (Double(byte) - (rounding == .nearest ? 0.5 : 0)) / 255
            let cut = ScoreCuts.score(ofProbability: smallest)
            let nearest = Float(cut)
            return Double(nearest) >= cut ? nearest : nearest.nextUp
        }
    }

    private static func score(ofProbability probability: Double) -> Double {
        log(probability / (1 - probability))
    }

    /// Counts of a histogram: for negative and then positive pixels, how many passed 0, 1, 2 … thresholds.
    var histogramCount: Int { 2 * (cuts.count + 1) }

    /// How many thresholds one channel's pixels of each truth pass: adds to `histogram[truth * (cuts.count + 1) + passed]`.
    /// - Returns: the number of known pixels.
    func count(
        output: MapView, label: MapView, channel: Int, unknown: Float, into histogram: UnsafeMutablePointer<Int64>
    ) -> Int {
        let levels = cuts.count + 1
        return cuts.withUnsafeBufferPointer { cuts in
            var known = 0
            for row in 0..<label.height {
                let truths = label.row(row) + channel
                let scores = output.row(row) + channel
                for column in 0..<label.width {
                    let truth = truths[column * label.channels]
                    guard truth != unknown else { continue }
                    let score = scores[column * output.channels]
                    var passed = 0
                    var end = cuts.count
                    while passed < end {
                        let middle = (passed + end) / 2
                        if score >= cuts[middle] { passed = middle + 1 } else { end = middle }
                    }
                    histogram[(truth > 0.5 ? levels : 0) + passed] += 1
                    known += 1
                }
            }
            return known
        }
    }

    /// True positives, false positives and false negatives at each threshold, from a histogram.
    func outcomes(_ histogram: (Int) -> Double) -> [BinaryOutcome] {
        let levels = cuts.count + 1
        let positives = (0..<levels).reduce(0) { $0 + histogram(levels + $1) }
        var outcome = BinaryOutcome(truePositives: 0, falsePositives: 0, falseNegatives: positives)
        var outcomes: [BinaryOutcome] = []
        for passed in stride(from: cuts.count, to: 0, by: -1) {
            outcome.truePositives += histogram(levels + passed)
            outcome.falseNegatives -= histogram(levels + passed)
            outcome.falsePositives += histogram(passed)
            outcomes.append(outcome)
        }
        return outcomes.reversed()
    }
}

/// Pixel counts of a binary prediction, as whole Doubles.
struct BinaryOutcome {
    var truePositives: Double
    var falsePositives: Double
    var falseNegatives: Double

    /// The official code's guard against 0 / 0.
    static let guardTerm = 1e-12

    var precision: Double { truePositives / (truePositives + falsePositives + BinaryOutcome.guardTerm) }
    var recall: Double { truePositives / (truePositives + falseNegatives + BinaryOutcome.guardTerm) }

    /// Intersection over union; 1 where truth and prediction are both empty.
    var intersectionOverUnion: Double {
        let union = truePositives + falsePositives + falseNegatives
        return union == 0 ? 1 : truePositives / union
    }

    /// The harmonic mean of precision and recall.
    static func f(precision: Double, recall: Double) -> Double {
        2 * precision * recall / (precision + recall + guardTerm)
    }
}

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
