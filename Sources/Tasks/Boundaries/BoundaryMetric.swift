import Datasets

/// Edges by the boundary benchmark: how many predicted and true boundary pixels find a partner, at each threshold.
///
/// Predictions are thinned to lines one pixel wide before they are matched (``BoundaryMatching``), and the truth is where
/// the rules say so. Several annotators' maps are the channels of a label: recall counts the pixels of all of them, and a
/// predicted pixel is right if any annotator has it.
///
/// | figure | formula |
/// |---|---|
/// | `ods_f` | F = 2 P R / (P + R) at the best threshold of the whole set |
/// | `ois_f` | F of the counts at each picture's own best threshold |
/// | `average_precision` | the area under precision over recall, as ``BoundaryCurve/PrecisionRule`` says |
/// | `ods_precision`, `ods_recall` | P and R at the best threshold of the whole set |
///
/// Everything that a sample adds is a count, so no order matters: true pixels; for each threshold predicted pixels with a
/// partner and all of them; the same two at the sample's own best threshold; for each threshold, and for the own best one,
/// true pixels with a partner. A sample's row is its own best threshold: its place in the list, the four counts there, and
/// the number of annotators.
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
    /// Where those of true pixels begin.
    private var matchedTruth: Int { best + 2 }

    let outputChannels = 1
    let labelChannels = 1
    let hasAnnotators = true
    let figures = ["ods_f", "ois_f", "average_precision", "ods_precision", "ods_recall"].map {
        MetricFigure($0, .share, .higher)
    }

    var emptyTally: MetricTally { MetricTally(counts: matchedTruth + thresholds.count + 1, columns: 6) }

    /// - Parameter label: the boundaries as they were drawn, a channel for each annotator; scores of pixels that are
    ///   unknown to all of them do not count.
    func add(output: MapView, label: MapView, sample: Int, to tally: inout MetricTally) {
        var shares: [Float] = []
        shares.reserveCapacity(label.height * label.width)
        for row in 0..<label.height {
            let scores = output.row(row)
            for column in 0..<label.width { shares.append(benchmark.share(ofScore: scores[column * output.channels])) }
        }
        add(shares, label: label, sample: sample, to: &tally)
    }

    func add(stored prediction: StoredPrediction, label: MapView, sample: Int, to tally: inout MetricTally) {
        switch prediction {
        case .probabilities(let map):
            add(map.values.map(benchmark.share(ofProbability:)), label: label, sample: sample, to: &tally)
        case .bytes(let map) where benchmark.convention == .bsds:
            // A byte that is a threshold is not to fall below it on its way through the sigmoid.
            add(map.values.map { $0 / 255 }, label: label, sample: sample, to: &tally)
        case .bytes, .output, .classes:
            prediction.withScores(benchmark.convention) { add(output: $0, label: label, sample: sample, to: &tally) }
        }
    }

    private func add(_ shares: [Float], label: MapView, sample: Int, to tally: inout MetricTally) {
        let outcomes = outcomes(shares, label: label)
        let scores = outcomes.map { outcome in
            // The benchmark reads its files of six decimals; the first of equals counts.
            benchmark.decimalsOfF == nil ? outcome.f : (outcome.f * 1e6).rounded()
        }
        let place = scores.firstIndex(of: scores.max()!)!
        let chosen = outcomes[place].counts
        tally.updateCounts { totals in
            totals[0] += Int64(chosen.truth)
            for (index, outcome) in outcomes.enumerated() {
                totals[1 + 2 * index] += Int64(outcome.counts.matchedPredictions)
                totals[2 + 2 * index] += Int64(outcome.counts.predictions)
                totals[matchedTruth + index] += Int64(outcome.counts.matchedTruth)
            }
            totals[best] += Int64(chosen.matchedPredictions)
            totals[best + 1] += Int64(chosen.predictions)
            totals[matchedTruth + outcomes.count] += Int64(chosen.matchedTruth)
        }
        tally.addSample(pixels: label.height * label.width)
        tally.addRow(
            [
                place, chosen.matchedTruth, chosen.truth, chosen.matchedPredictions, chosen.predictions, label.channels,
            ].map(Double.init), sample: sample)
    }

    /// What is counted in one picture at each threshold.
    private func outcomes(_ shares: [Float], label: MapView) -> [BoundaryOutcome] {
        let (height, width) = (label.height, label.width)
        let truths = (0..<label.channels).map { truth(label, annotator: $0) }
        let count = truths.reduce(0) { $0 + $1.places.count }
        let diagonal = Double(height * height + width * width).squareRoot()
        var matching = BoundaryMatching(truths: truths, maximumDistance: benchmark.maximumDistance * diagonal)
        let shares = prepared(shares, label: label)
        var outcomes: [BoundaryOutcome] = []
        var last = -1
        // From the highest threshold down pixels are added, few are taken away.
        for threshold in thresholds.reversed() {
            var prediction = BinaryMask(height: height, width: width)
            var size = 0
            for row in 0..<height {
                for column in 0..<width where benchmark.isBoundary(shares[row * width + column], at: threshold) {
                    prediction.set(row: row, column: column)
                    size += 1
                }
            }
            // A lower threshold keeps all that a higher one keeps: of the same size, it is the same.
            if size == last {
                outcomes.append(outcomes.last!)
                continue
            }
            last = size
            prediction.thin()
            let matches = matching.matches(with: prediction)
            outcomes.append(
                outcome(
                    BoundaryCounts(
                        matchedTruth: matches.truth, truth: count, matchedPredictions: matches.predicted,
                        predictions: prediction.places.count)))
        }
        return outcomes.reversed()
    }

    private func outcome(_ counts: BoundaryCounts) -> BoundaryOutcome {
        BoundaryOutcome(counts: counts, precisionOfNothing: benchmark.precisionOfNothing)
    }

    /// The boundaries that one annotator has drawn.
    private func truth(_ label: MapView, annotator: Int) -> BinaryMask {
        var truth = BinaryMask(height: label.height, width: label.width)
        for row in 0..<label.height {
            let values = label.row(row) + annotator
            for column in 0..<label.width {
                let value = values[column * label.channels]
                if value > 0.5 && value != unknown { truth.set(row: row, column: column) }
            }
        }
        if benchmark.thinsTruth { truth.thin() }
        return truth
    }

    /// The prediction before any threshold.
    private func prepared(_ shares: [Float], label: MapView) -> [Float] {
        let (height, width) = (label.height, label.width)
        var shares =
            benchmark.suppresses ? EdgeSuppression(height: height, width: width).suppressed(shares) : shares
        for row in 0..<height {
            let truths = label.row(row)
            for column in 0..<width {
                let values = truths + column * label.channels
                if (0..<label.channels).allSatisfy({ values[$0] == unknown }) { shares[row * width + column] = 0 }
            }
        }
        return shares
    }

    /// The whole set at each threshold.
    private func outcomes(_ tally: MetricTally) -> [BoundaryOutcome] {
        thresholds.indices.map { index in
            outcome(
                BoundaryCounts(
                    matchedTruth: Int(tally.count(matchedTruth + index)), truth: Int(tally.count(0)),
                    matchedPredictions: Int(tally.count(1 + 2 * index)),
                    predictions: Int(tally.count(2 + 2 * index))))
        }
    }

    /// The set with each picture at its own best threshold.
    private func ownBest(_ tally: MetricTally) -> BoundaryOutcome {
        outcome(
            BoundaryCounts(
                matchedTruth: Int(tally.count(matchedTruth + thresholds.count)), truth: Int(tally.count(0)),
                matchedPredictions: Int(tally.count(best)), predictions: Int(tally.count(best + 1))))
    }

    func values(_ tally: MetricTally) -> [Double] {
        let outcomes = outcomes(tally)
        let chosen = BoundaryOptimum(outcomes, at: benchmark.thresholds, interpolates: benchmark.interpolates)
        return [
            chosen.f, ownBest(tally).f, benchmark.precisionRule.averagePrecision(outcomes), chosen.precision,
            chosen.recall,
        ]
    }

    func breakdown(_ tally: MetricTally) -> MetricBreakdown? { nil }

    func curve(_ tally: MetricTally) -> BoundaryCurve? {
        let outcomes = outcomes(tally)
        let chosen = BoundaryOptimum(outcomes, at: benchmark.thresholds, interpolates: benchmark.interpolates)
        let order = tally.samples.sorted()
        return BoundaryCurve(
            threshold: chosen.threshold, ownBest: ownBest(tally).counts, precisionRule: benchmark.precisionRule,
            points: zip(benchmark.thresholds, outcomes).map { BoundaryCurve.Point(threshold: $0, counts: $1.counts) },
            pictures: zip(order, tally.rowsInSampleOrder).map { sample, row in
                let values = row.map { Int($0) }
                return BoundaryCurve.Picture(
                    sample: sample, annotators: values[5],
                    best: BoundaryCurve.Point(
                        threshold: benchmark.thresholds[values[0]],
                        counts: BoundaryCounts(
                            matchedTruth: values[1], truth: values[2], matchedPredictions: values[3],
                            predictions: values[4])))
            })
    }
}
