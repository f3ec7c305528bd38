import Datasets

/// Edges by the boundary benchmark: how many predicted and true boundary pixels find a partner, at each threshold.
///
/// Prediction and truth are thinned to lines one pixel wide before they are matched (``BoundaryMatching``).
///
/// | figure | formula |
/// |---|---|
/// | `ods_f` | F = 2 P R / (P + R) at the best threshold of the whole set |
/// | `ois_f` | F of the counts at each picture's own best threshold |
/// | `average_precision` | the area under precision over recall, as ``BoundaryOutcome`` says |
/// | `ods_precision`, `ods_recall` | P and R at the best threshold of the whole set |
///
/// Everything that a sample adds is a count, so no order matters: true pixels; for each threshold pairs and predicted
/// pixels; then pairs and predicted pixels at the sample's own best threshold.
struct BoundaryMetric: TaskMetric {
    let benchmark: BoundaryBenchmark
    /// The label of a pixel of which nothing is known.
    let unknown: Float
    private let thresholds: [Float]

    init(_ benchmark: BoundaryBenchmark, unknown: Float) {
        self.benchmark = benchmark
        self.unknown = unknown
        thresholds = benchmark.thresholds.map { Float($0) }
    }

    /// Where the counts of the best thresholds begin.
    private var best: Int { 1 + 2 * thresholds.count }

    let outputChannels = 1
    let labelChannels = 1
    let figures = ["ods_f", "ois_f", "average_precision", "ods_precision", "ods_recall"].map {
        MetricFigure($0, .share, .higher)
    }

    var emptyTally: MetricTally { MetricTally(counts: best + 2, columns: 0) }

    /// - Parameter label: the boundaries as they were drawn; scores of unknown pixels do not count.
    func add(output: MapView, label: MapView, sample: Int, to tally: inout MetricTally) {
        let counts = counts(output: output, label: label)
        let outcomes = counts.predicted.indices.map { index in
            BoundaryOutcome(pairs: counts.pairs[index], predicted: counts.predicted[index], truth: counts.truth)
        }
        // The benchmark reads its files of six decimals; the first of equals counts.
        let scores = outcomes.map { ($0.f * 1e6).rounded() }
        let chosen = outcomes[scores.firstIndex(of: scores.max()!)!]
        tally.updateCounts { totals in
            totals[0] += Int64(counts.truth)
            for (index, outcome) in outcomes.enumerated() {
                totals[1 + 2 * index] += Int64(outcome.pairs)
                totals[2 + 2 * index] += Int64(outcome.predicted)
            }
            totals[best] += Int64(chosen.pairs)
            totals[best + 1] += Int64(chosen.predicted)
        }
        tally.addSample(pixels: label.height * label.width)
    }

    func add(stored prediction: StoredPrediction, label: MapView, sample: Int, to tally: inout MetricTally) {
        prediction.withScores(benchmark.convention) { add(output: $0, label: label, sample: sample, to: &tally) }
    }

    /// What is counted in one picture.
    struct Counts: Equatable {
        var truth: Int
        /// For each threshold.
        var pairs: [Int] = []
        var predicted: [Int] = []
    }

    func counts(output: MapView, label: MapView) -> Counts {
        let (height, width) = (label.height, label.width)
        var truth = BinaryMask(height: height, width: width)
        for row in 0..<height {
            let values = label.row(row)
            for column in 0..<width where values[column] > 0.5 && values[column] != unknown {
                truth.set(row: row, column: column)
            }
        }
        truth.thin()
        let shares = shares(output: output, label: label)
        let diagonal = Double(height * height + width * width).squareRoot()
        var matching = BoundaryMatching(truth: truth, maximumDistance: benchmark.maximumDistance * diagonal)
        var counts = Counts(truth: truth.places.count)
        for threshold in thresholds {
            var prediction = BinaryMask(height: height, width: width)
            for row in 0..<height {
                for column in 0..<width where benchmark.isBoundary(shares[row * width + column], at: threshold) {
                    prediction.set(row: row, column: column)
                }
            }
            prediction.thin()
            counts.pairs.append(matching.pairs(with: prediction))
            counts.predicted.append(prediction.places.count)
        }
        return counts
    }

    /// The prediction before any threshold.
    func shares(output: MapView, label: MapView) -> [Float] {
        let (height, width) = (label.height, label.width)
        var shares: [Float] = []
        shares.reserveCapacity(height * width)
        for row in 0..<height {
            let scores = output.row(row)
            for column in 0..<width { shares.append(benchmark.share(ofScore: scores[column * output.channels])) }
        }
        if benchmark.suppresses { shares = EdgeSuppression(height: height, width: width).suppressed(shares) }
        for row in 0..<height {
            let truths = label.row(row)
            for column in 0..<width where truths[column] == unknown {
                shares[row * width + column] = 0
            }
        }
        return shares
    }

    func values(_ tally: MetricTally) -> [Double] {
        let truth = Int(tally.count(0))
        let outcomes = thresholds.indices.map { index in
            BoundaryOutcome(
                pairs: Int(tally.count(1 + 2 * index)), predicted: Int(tally.count(2 + 2 * index)), truth: truth)
        }
        var chosen = 0
        for index in outcomes.indices where outcomes[index].f > outcomes[chosen].f { chosen = index }
        let own = BoundaryOutcome(
            pairs: Int(tally.count(best)), predicted: Int(tally.count(best + 1)), truth: truth)
        return [
            outcomes[chosen].f, own.f, averagePrecision(outcomes), outcomes[chosen].precision,
            outcomes[chosen].recall,
        ]
    }

    private func averagePrecision(_ outcomes: [BoundaryOutcome]) -> Double {
        benchmark.convention == .exact
            ? BoundaryOutcome.areaUnderPrecision(outcomes) : BoundaryOutcome.benchmarkPrecision(outcomes)
    }

    func breakdown(_ tally: MetricTally) -> MetricBreakdown? { nil }
}

/// How well predicted boundary pixels match true ones.
struct BoundaryOutcome {
    let pairs: Int
    let predicted: Int
    let truth: Int

    /// 1 where nothing is predicted, as the reference programs have it; the others are 0 where there is nothing.
    var precision: Double { predicted == 0 ? 1 : Double(pairs) / Double(predicted) }
    var recall: Double { truth == 0 ? 0 : Double(pairs) / Double(truth) }
    var f: Double {
        let sum = precision + recall
        return sum == 0 ? 0 : 2 * precision * recall / sum
    }

    /// The area under precision over recall from recall 0 on: straight lines between the recalls that occur, level below
    /// the smallest, nothing above the largest. Of several outcomes with one recall the most precise counts. At most 1,
    /// and 1 for the truth itself.
    static func areaUnderPrecision(_ outcomes: [BoundaryOutcome]) -> Double {
        let best = Dictionary(outcomes.map { ($0.recall, $0.precision) }, uniquingKeysWith: max)
        var (area, last) = (0.0, (recall: 0.0, precision: 0.0))
        for (place, (recall, precision)) in best.sorted(by: { $0.key < $1.key }).enumerated() {
            if place == 0 { last.precision = precision }
            area += (recall - last.recall) * (precision + last.precision) / 2
            last = (recall, precision)
        }
        return area
    }

    /// The same as the reference programs compute it: precision, interpolated between the recalls that occur, at the 101
    /// recalls 0, 0.01 … 1, as far as they lie between the smallest and the largest, over 100. Of several outcomes with one
    /// recall the first counts. One recall alone gives 0, and a perfect curve 1.01.
    static func benchmarkPrecision(_ outcomes: [BoundaryOutcome]) -> Double {
        var known: [(recall: Double, precision: Double)] = []
        for outcome in outcomes where !known.contains(where: { $0.recall == outcome.recall }) {
            known.append((outcome.recall, outcome.precision))
        }
        known.sort { $0.recall < $1.recall }
        guard known.count > 1 else { return 0 }
        var sum = 0.0
        for hundredths in 0...100 {
            let recall = Double(hundredths) / 100
            guard let above = known.firstIndex(where: { $0.recall >= recall }) else { break }
            if known[above].recall == recall {
                sum += known[above].precision
            } else if above > 0 {
                let (low, high) = (known[above - 1], known[above])
                let part = (recall - low.recall) / (high.recall - low.recall)
                sum += low.precision + part * (high.precision - low.precision)
            }
        }
        return sum / 100
    }
}
