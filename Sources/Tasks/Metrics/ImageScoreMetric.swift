import Datasets

/// Scores of 1 … n independent channels as saliency is scored: F and IoU, each at the best of 15 thresholds, from
/// precision, recall and IoU averaged over images.
///
/// | figure | formula |
/// |---|---|
/// | `max_f` | the largest 2 P R / (P + R) over the thresholds 0.2, 0.25 … 0.9, with P and R the means over images |
/// | `max_iou` | the largest mean over images of the IoU, over the same thresholds; 1 of an image where truth and prediction are empty |
/// | `average_precision_of_pixels` | over the pixels of all images, as ``ScoreLevels`` says |
///
/// An image of which nothing is known in a channel is left out there. With several channels each figure is the plain mean over
/// channels, with 0 for one of which nothing is known.
///
/// A sample's row holds the histogram of ``ScoreCuts`` of each channel, in whole Doubles. Counts: the histogram of
/// ``ScoreLevels`` of each channel.
struct ImageScoreMetric: TaskMetric {
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
        cuts = ScoreCuts(thresholds: (0..<15).map { 0.2 + Double($0) * 0.05 }, rounding: convention.byteRounding)
        levels = ScoreLevels(rounding: convention.byteRounding)
    }

    var outputChannels: Int { channels }
    var labelChannels: Int { channels }
    let figures = ["max_f", "max_iou", ScoreLevels.figureName].map { MetricFigure($0, .share, .higher) }

    var emptyTally: MetricTally {
        MetricTally(counts: channels * levels.histogramCount, columns: channels * cuts.histogramCount)
    }

    func add(output: MapView, label: MapView, sample: Int, to tally: inout MetricTally) {
        var histograms = [Int64](repeating: 0, count: tally.columns)
        let values = histograms.withUnsafeMutableBufferPointer { buffer in
            (0..<channels).reduce(0) { known, channel in
                known
                    + cuts.count(
                        output: output, label: label, channel: channel, unknown: unknown,
                        into: buffer.baseAddress! + channel * cuts.histogramCount)
            }
        }
        // A picture of which nothing is known would otherwise score a full IoU.
        guard values > 0 else { return }
        tally.addSample(pixels: values)
        tally.addRow(histograms.map(Double.init), sample: sample)
        tally.updateCounts { counts in
            for channel in 0..<channels {
                levels.count(
                    output: output, label: label, channel: channel, unknown: unknown,
                    into: counts + channel * levels.histogramCount)
            }
        }
    }

    func add(stored prediction: StoredPrediction, label: MapView, sample: Int, to tally: inout MetricTally) {
        prediction.withScores(convention) { add(output: $0, label: label, sample: sample, to: &tally) }
    }

    /// Precision, recall and IoU at one threshold, or their means.
    private struct Outcome {
        var precision = 0.0
        var recall = 0.0
        var intersectionOverUnion = 0.0
    }

    /// The means of one channel over images, in sample order, at each threshold; nil where nothing is known of the channel.
    private func means(_ tally: MetricTally, channel: Int) -> [Outcome]? {
        var sums = [Outcome](repeating: Outcome(), count: cuts.cuts.count)
        var images = 0.0
        for row in tally.rowsInSampleOrder {
            let histogram = row.dropFirst(channel * cuts.histogramCount).prefix(cuts.histogramCount)
            guard histogram.contains(where: { $0 > 0 }) else { continue }
            images += 1
            for (index, outcome) in cuts.outcomes({ histogram[histogram.startIndex + $0] }).enumerated() {
                sums[index].precision += outcome.precision
                sums[index].recall += outcome.recall
                sums[index].intersectionOverUnion += outcome.intersectionOverUnion
            }
        }
        guard images > 0 else { return nil }
        return sums.map {
            Outcome(
                precision: $0.precision / images, recall: $0.recall / images,
                intersectionOverUnion: $0.intersectionOverUnion / images)
        }
    }

    /// The figures of one channel, in the order of ``figures``.
    private func values(_ tally: MetricTally, channel: Int) -> [Double] {
        let means = means(tally, channel: channel) ?? []
        return [
            means.map { BinaryOutcome.f(precision: $0.precision, recall: $0.recall) }.max() ?? 0,
            means.map(\.intersectionOverUnion).max() ?? 0,
            levels.averagePrecision { tally.count(channel * levels.histogramCount + $0) },
        ]
    }

    func values(_ tally: MetricTally) -> [Double] {
        meanOverChannels((0..<channels).map { values(tally, channel: $0) })
    }

    func breakdown(_ tally: MetricTally) -> MetricBreakdown? {
        scoreBreakdown(channels: channels, figures: figures, levels: levels) { channel in
            (values(tally, channel: channel), { tally.count(channel * levels.histogramCount + $0) })
        }
    }
}
