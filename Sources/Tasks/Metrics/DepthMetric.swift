import Foundation

/// Root mean square errors of depth in metres, and of its natural logarithm.
///
/// Predictions that are not above 0 become 1e-9 m. A sample's row holds its scored pixels, and its sums of squared
/// differences of depths and of their logarithms, in row-major order.
struct DepthMetric: Sendable {
    let convention: MetricConvention

    /// What the official code puts in place of a depth that has no logarithm, in metres.
    private static let smallest: Float = 1e-9

    var emptyTally: MetricTally { MetricTally(counts: 0, columns: 3) }

    func add(output: MapView, label: MapView, sample: Int, to tally: inout MetricTally) {
        var known = 0
        var squares = 0.0
        var logarithmSquares = 0.0
        let channels = output.channels
        for row in 0..<label.height {
            let truths = label.row(row)
            let predictions = output.row(row)
            for column in 0..<label.width {
                var truth = truths[column]
                if !(truth > 0) {
                    guard convention.scoresUnknownDepth else { continue }
                    truth = DepthMetric.smallest
                }
                let raw = predictions[column * channels]
                let prediction = raw <= 0 ? DepthMetric.smallest : raw
                let difference = Double(prediction) - Double(truth)
                let logarithm = log(Double(prediction)) - log(Double(truth))
                squares += difference * difference
                logarithmSquares += logarithm * logarithm
                known += 1
            }
        }
        guard known > 0 else { return }
        tally.addSample(pixels: known)
        tally.addRow([Double(known), squares, logarithmSquares], sample: sample)
    }

    func values(_ tally: MetricTally) -> [MetricValue] {
        let rows = tally.rowsInSampleOrder.map(Array.init)
        let sums = tally.columnSums
        let errors = rows.map { ($0[1] / $0[0]).squareRoot() }
        let logarithms = rows.map { ($0[2] / $0[0]).squareRoot() }.sorted()
        let count = logarithms.count
        let perImage = [
            MetricValue("rmse_mean_of_images", errors.reduce(0, +) / Double(count), .metres),
            MetricValue(
                "log_rmse_median_of_images", (logarithms[(count - 1) / 2] + logarithms[count / 2]) / 2,
                .naturalLogarithm),
        ]
        let pooled = [
            MetricValue("rmse", (sums[1] / sums[0]).squareRoot(), .metres),
            MetricValue("log_rmse", (sums[2] / sums[0]).squareRoot(), .naturalLogarithm),
        ]
        return convention.scoresUnknownDepth ? perImage + pooled : pooled + perImage
    }
}
