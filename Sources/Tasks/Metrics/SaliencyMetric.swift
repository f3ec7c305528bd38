/// Saliency: F and IoU, each at the best of 15 thresholds, from precision, recall and IoU averaged over images.
///
/// A sample's row holds its histogram, in whole Doubles.
struct SaliencyMetric: Sendable {
    private let cuts: ScoreCuts

    init(convention: MetricConvention) {
        cuts = ScoreCuts(
            thresholds: (0..<15).map { 0.2 + Double($0) * 0.05 }, rounding: convention.byteRounding)
    }

    var emptyTally: MetricTally { MetricTally(counts: 0, columns: 2 * (cuts.cuts.count + 1)) }

    func add(output: MapView, label: MapView, sample: Int, to tally: inout MetricTally) {
        var histogram = [Int64](repeating: 0, count: tally.columns)
        let pixels = histogram.withUnsafeMutableBufferPointer { buffer -> Int in
            guard let base = buffer.baseAddress else { return 0 }
            return cuts.count(output: output, label: label, into: base)
        }
        // A picture of which nothing is known would otherwise score a full IoU.
        guard pixels > 0 else { return }
        tally.addSample(pixels: pixels)
        tally.addRow(histogram.map(Double.init), sample: sample)
    }

    /// Mean precision, recall and IoU over images, in sample order, at each threshold.
    func means(_ tally: MetricTally) -> [(precision: Double, recall: Double, intersectionOverUnion: Double)] {
        var means = [(precision: Double, recall: Double, intersectionOverUnion: Double)](
            repeating: (0, 0, 0), count: cuts.cuts.count)
        let rows = tally.rowsInSampleOrder
        for row in rows {
            for (index, outcome) in cuts.outcomes({ row[row.startIndex + $0] }).enumerated() {
                means[index].precision += outcome.precision
                means[index].recall += outcome.recall
                means[index].intersectionOverUnion += outcome.intersectionOverUnion
            }
        }
        let images = Double(rows.count)
        return means.map { ($0.precision / images, $0.recall / images, $0.intersectionOverUnion / images) }
    }

    func values(_ tally: MetricTally) -> [MetricValue] {
        let means = means(tally)
        let largestF = means.map { BinaryOutcome.f(precision: $0.precision, recall: $0.recall) }.max() ?? 0
        let largestIoU = means.map(\.intersectionOverUnion).max() ?? 0
        return [MetricValue("max_f", largestF, .share), MetricValue("max_iou", largestIoU, .share)]
    }
}
