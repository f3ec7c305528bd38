import Datasets

/// Scores of 1 … n independent channels, pixel against pixel over the whole set: F at the threshold that suits it best, and
/// the area under precision over recall.
///
/// | figure | formula |
/// |---|---|
/// | `max_f_of_pixels` | the largest 2 P R / (P + R) over the thresholds 0.01, 0.02 … 0.99 of the probability |
/// | `precision_at_max_f`, `recall_at_max_f` | P and R at that threshold, the lowest of equals |
/// | `average_precision_of_pixels` | as ``ScoreLevels`` says |
///
/// It is not the boundary benchmark: an edge that is one pixel off counts as missed and as invented. With several channels
/// each figure is the plain mean over channels, each at its own threshold, with 0 for a channel without positives. Values
/// of unknown truth are left out; a score that is no number is positive at no threshold.
///
/// Counts of each channel: the histogram of ``ScoreCuts``, then that of ``ScoreLevels``.
struct PixelScoreMetric: TaskMetric {
    let channels: Int
    /// The label of a value of which nothing is known.
    let unknown: Float
    private let cuts: ScoreCuts
    private let levels: ScoreLevels
    private let convention: MetricConvention

    init(channels: Int, unknown: Float, convention: MetricConvention) {
        self.channels = channels
        self.unknown = unknown
        self.convention = convention
        cuts = ScoreCuts(thresholds: (1...99).map { Double($0) / 100 }, rounding: convention.byteRounding)
        levels = ScoreLevels(rounding: convention.byteRounding)
    }

    var outputChannels: Int { channels }
    var labelChannels: Int { channels }
    let figures = ["max_f_of_pixels", "precision_at_max_f", "recall_at_max_f", ScoreLevels.figureName].map {
        MetricFigure($0, .share, .higher)
    }

    private var countsPerChannel: Int { cuts.histogramCount + levels.histogramCount }
    var emptyTally: MetricTally { MetricTally(counts: channels * countsPerChannel, columns: 0) }

    func add(output: MapView, label: MapView, sample: Int, to tally: inout MetricTally) {
        let values = tally.updateCounts { counts in
            (0..<channels).reduce(0) { known, channel in
                let histogram = counts + channel * countsPerChannel
                levels.count(
                    output: output, label: label, channel: channel, unknown: unknown,
                    into: histogram + cuts.histogramCount)
                return known
                    + cuts.count(output: output, label: label, channel: channel, unknown: unknown, into: histogram)
            }
        }
        tally.addSample(pixels: values)
    }

    func add(stored prediction: StoredPrediction, label: MapView, sample: Int, to tally: inout MetricTally) {
        prediction.withScores(convention) { add(output: $0, label: label, sample: sample, to: &tally) }
    }

    /// The figures of one channel, in the order of ``figures``.
    private func values(_ tally: MetricTally, channel: Int) -> [Double] {
        let start = channel * countsPerChannel
        var best = (f: -1.0, precision: 0.0, recall: 0.0)
        for outcome in cuts.outcomes({ Double(tally.count(start + $0)) }) {
            let f = BinaryOutcome.f(precision: outcome.precision, recall: outcome.recall)
            if f > best.f { best = (f, outcome.precision, outcome.recall) }
        }
        let precision = levels.averagePrecision { tally.count(start + cuts.histogramCount + $0) }
        return [best.f, best.precision, best.recall, precision]
    }

    func values(_ tally: MetricTally) -> [Double] {
        meanOverChannels((0..<channels).map { values(tally, channel: $0) })
    }

    func breakdown(_ tally: MetricTally) -> MetricBreakdown? {
        scoreBreakdown(channels: channels, figures: figures, levels: levels) { channel in
            (values(tally, channel: channel), { tally.count(channel * countsPerChannel + cuts.histogramCount + $0) })
        }
    }
}

/// Figures of single score channels; nil of one channel, whose figures are the task's.
///
/// - Parameter channel: gives the figures of a channel, and its histogram of `levels`. A channel without positives has
///   no figures: nothing could be found in it.
func scoreBreakdown(
    channels: Int, figures: [MetricFigure], levels: ScoreLevels,
    _ channel: (Int) -> (values: [Double], histogram: (Int) -> Int64)
) -> MetricBreakdown? {
    guard channels > 1 else { return nil }
    let parts = (0..<channels).map { index in
        let (values, histogram) = channel(index)
        let pixels = levels.pixels(histogram)
        return (values: values.map { pixels.positive > 0 ? $0 : nil }, known: Int(pixels.negative + pixels.positive))
    }
    return MetricBreakdown(.channels, figures: figures, values: parts.map(\.values), known: parts.map(\.known))
}

/// For each figure the plain mean over channels, in their order.
func meanOverChannels(_ values: [[Double]]) -> [Double] {
    values[0].indices.map { figure in values.reduce(0) { $0 + $1[figure] } / Double(values.count) }
}

extension StoredPrediction {
    /// Lends scores before the sigmoid. A byte becomes a score that `convention` makes the same byte of; without bytes, the
    /// one of the probability byte / 255.
    func withScores(_ convention: MetricConvention, _ body: (MapView) -> Void) {
        switch self {
        case .output(let map): map.withView(body)
        case .bytes(var map):
            for index in map.values.indices { map.values[index] = convention.score(ofByte: map.values[index]) }
            map.withView(body)
        case .probabilities(var map):
            for index in map.values.indices { map.values[index] = score(ofProbability: map.values[index]) }
            map.withView(body)
        case .classes: preconditionFailure("scores are not saved as classes")
        }
    }
}
