import Datasets
import Foundation

/// Errors of distances in metres, of which the truth is above 0 where it is known.
///
/// With p the prediction (1e-9 m where it is not above 0), t the truth, and d = ln p − ln t:
///
/// | figure | formula |
/// |---|---|
/// | `rmse`, `log_rmse` | √ mean (p − t)², √ mean d² over the pixels of the set |
/// | `rmse_mean_of_images` | the mean over images of each one's RMSE |
/// | `log_rmse_median_of_images` | the median over images of each one's √ mean d² |
/// | `abs_rel`, `sq_rel` | mean abs(p − t) / t, mean (p − t)² / t over the pixels of the set |
/// | `within_1.25`, `within_1.25_squared`, `within_1.25_cubed` | δ: the share of pixels with max(p / t, t / p) < 1.25ⁿ, n = 1, 2, 3 |
/// | `silog` | the mean over images of √ (mean d² − (mean d)²): the error that remains when each image's scale is free |
///
/// Formulas of Eigen, Puhrsch and Fergus (NIPS 2014, section 4.2 and table 1; the scale-invariant error is their equation 1
/// without its factor 1/2, and the root of it, as the KITTI benchmark reports). Pixels of unknown truth are left out; only
/// the four RMSEs of `rcm` and `astmt` count them, with truth 1e-9 m. A prediction that is no number spoils all but δ.
///
/// Counts: the pixels within each δ. A sample's row holds its scored pixels, Σ (p − t)², Σ d², its pixels of known truth,
/// Σ abs(p − t) / t, Σ (p − t)² / t, and Σ (d − mean d)², each in row-major order.
struct DistanceMetric: TaskMetric {
    let convention: MetricConvention

    /// What the official code puts in place of a depth that has no logarithm, in metres.
    private static let smallest: Float = 1e-9
    private static let deltas = [1.25, 1.25 * 1.25, 1.25 * 1.25 * 1.25]

    let outputChannels = 1
    let labelChannels = 1
    var emptyTally: MetricTally { MetricTally(counts: DistanceMetric.deltas.count, columns: 7) }

    var figures: [MetricFigure] {
        let perImage = [
            MetricFigure("rmse_mean_of_images", .metres, .lower),
            MetricFigure("log_rmse_median_of_images", .naturalLogarithm, .lower),
        ]
        let pooled = [
            MetricFigure("rmse", .metres, .lower), MetricFigure("log_rmse", .naturalLogarithm, .lower),
        ]
        return (convention.scoresUnknownDepth ? perImage + pooled : pooled + perImage) + [
            MetricFigure("abs_rel", .ratio, .lower), MetricFigure("sq_rel", .metres, .lower),
            MetricFigure("within_1.25", .share, .higher), MetricFigure("within_1.25_squared", .share, .higher),
            MetricFigure("within_1.25_cubed", .share, .higher), MetricFigure("silog", .naturalLogarithm, .lower),
        ]
    }

    func add(output: MapView, label: MapView, sample: Int, to tally: inout MetricTally) {
        var scored = 0
        var (squares, logarithmSquares, relative, squaresRelative, logarithmSum) = (0.0, 0.0, 0.0, 0.0, 0.0)
        var within = (0, 0, 0)
        // Of pixels whose truth is known.
        var logarithms: [Double] = []
        for row in 0..<label.height {
            let truths = label.row(row)
            let predictions = output.row(row)
            for column in 0..<label.width {
                let raw = predictions[column]
                let prediction = Double(raw <= 0 ? DistanceMetric.smallest : raw)
                let isKnown = truths[column] > 0
                guard isKnown || convention.scoresUnknownDepth else { continue }
                let truth = Double(isKnown ? truths[column] : DistanceMetric.smallest)
                let difference = prediction - truth
                let logarithm = log(prediction) - log(truth)
                squares += difference * difference
                logarithmSquares += logarithm * logarithm
                scored += 1
                guard isKnown else { continue }
                relative += abs(difference) / truth
                squaresRelative += difference * difference / truth
                logarithmSum += logarithm
                logarithms.append(logarithm)
                let ratio = max(prediction / truth, truth / prediction)
                if ratio < DistanceMetric.deltas[0] { within.0 += 1 }
                if ratio < DistanceMetric.deltas[1] { within.1 += 1 }
                if ratio < DistanceMetric.deltas[2] { within.2 += 1 }
            }
        }
        guard scored > 0 else { return }
        let mean = logarithmSum / Double(max(logarithms.count, 1))
        let spread = logarithms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        tally.updateCounts { counts in
            counts[0] += Int64(within.0)
            counts[1] += Int64(within.1)
            counts[2] += Int64(within.2)
        }
        tally.addSample(pixels: scored)
        tally.addRow(
            [
                Double(scored), squares, logarithmSquares, Double(logarithms.count), relative, squaresRelative, spread,
            ], sample: sample)
    }

    func add(stored prediction: StoredPrediction, label: MapView, sample: Int, to tally: inout MetricTally) {
        guard case .output(let map) = prediction else { preconditionFailure("distances are saved as they are") }
        map.withView { add(output: $0, label: label, sample: sample, to: &tally) }
    }

    func values(_ tally: MetricTally) -> [Double] {
        let rows = tally.rowsInSampleOrder.map(Array.init)
        let sums = tally.columnSums
        let errors = rows.map { ($0[1] / $0[0]).squareRoot() }
        let logarithms = rows.map { ($0[2] / $0[0]).squareRoot() }.sorted()
        let count = logarithms.count
        let perImage = [
            errors.reduce(0, +) / Double(count), (logarithms[(count - 1) / 2] + logarithms[count / 2]) / 2,
        ]
        let pooled = [(sums[1] / sums[0]).squareRoot(), (sums[2] / sums[0]).squareRoot()]
        // Where no truth is known at all these are 0 / 0, which is no number.
        let known = sums[3]
        let spreads = rows.filter { $0[3] > 0 }.map { ($0[6] / $0[3]).squareRoot() }
        return (convention.scoresUnknownDepth ? perImage + pooled : pooled + perImage)
            + [sums[4] / known, sums[5] / known]
            + DistanceMetric.deltas.indices.map { Double(tally.count($0)) / known }
            + [spreads.reduce(0, +) / Double(spreads.count)]
    }

    func breakdown(_ tally: MetricTally) -> MetricBreakdown? { nil }
}
