import Datasets
import Foundation

/// Angles between predicted and true directions, such as surface normals, over all known pixels of the set.
///
/// | figure | formula |
/// |---|---|
/// | `mean_angular_error`, `median_angular_error`, `rms_angular_error` | of the angles α = acos(p · t / (‖p‖ ‖t‖)) |
/// | `within_11.25_degrees` … | the share of pixels with α < 11.25, 22.5 and 30 degrees |
///
/// A pixel of truth (0, 0, 0) is unknown and left out. A prediction (0, 0, 0) is 90 degrees off; one that is no number makes
/// the mean none either.
///
/// Counts: pixels within each threshold; then a histogram of angles whose bins are 1/2048 degree wide. The median is
/// that of the angles, rounded to float32, up to ``MetricTally/pixelValueLimit`` pixels, and comes from the histogram
/// beyond, where it is off by less than one bin. A sample's row holds the sums of its angles in degrees and of their
/// squares, in row-major order.
struct DirectionMetric: TaskMetric {
    private let rounding: ByteRounding?

    static let thresholds = [11.25, 22.5, 30]
    private static let binsPerDegree = 2048
    private static let bins = 180 * binsPerDegree

    init(convention: MetricConvention) {
        rounding = convention.byteRounding
    }

    let outputChannels = 3
    let labelChannels = 3
    let figures =
        ["mean", "median", "rms"].map { MetricFigure("\($0)_angular_error", .degrees, .lower) }
        + ["11.25", "22.5", "30"].map { MetricFigure("within_\($0)_degrees", .share, .higher) }

    var emptyTally: MetricTally {
        MetricTally(counts: DirectionMetric.thresholds.count + DirectionMetric.bins, columns: 2)
    }

    func add(output: MapView, label: MapView, sample: Int, to tally: inout MetricTally) {
        add(output: output, label: label, sample: sample, rounding: rounding, to: &tally)
    }

    func add(stored prediction: StoredPrediction, label: MapView, sample: Int, to tally: inout MetricTally) {
        switch prediction {
        case .output(let map):
            map.withView { add(output: $0, label: label, sample: sample, rounding: rounding, to: &tally) }
        case .bytes(var map):
            for index in map.values.indices { map.values[index] = 2 * map.values[index] / 255 - 1 }
            // What comes from bytes is not rounded to bytes again.
            map.withView { add(output: $0, label: label, sample: sample, rounding: nil, to: &tally) }
        case .classes, .probabilities: preconditionFailure("directions are saved as vectors")
        }
    }

    private func add(
        output: MapView, label: MapView, sample: Int, rounding: ByteRounding?, to tally: inout MetricTally
    ) {
        var sum = 0.0
        var squares = 0.0
        var angles: [Float] = []
        angles.reserveCapacity(label.height * label.width)
        let pixels = tally.updateCounts { counts in
            let histogram = counts + DirectionMetric.thresholds.count
            var known = 0
            var within = (0, 0, 0)
            for row in 0..<label.height {
                let truths = label.row(row)
                let predictions = output.row(row)
                for column in 0..<label.width {
                    let truth = truths + 3 * column
                    if truth[0] == 0 && truth[1] == 0 && truth[2] == 0 { continue }
                    let angle = angle(prediction: predictions + 3 * column, truth: truth, rounding)
                    known += 1
                    angles.append(Float(angle))
                    sum += angle
                    squares += angle * angle
                    if angle < DirectionMetric.thresholds[0] { within.0 += 1 }
                    if angle < DirectionMetric.thresholds[1] { within.1 += 1 }
                    if angle < DirectionMetric.thresholds[2] { within.2 += 1 }
                    // An angle that is no number makes the mean none either; here it counts as the largest.
                    let scaled =
                        angle >= 0 ? angle * Double(DirectionMetric.binsPerDegree) : Double(DirectionMetric.bins)
                    histogram[min(Int(scaled), DirectionMetric.bins - 1)] += 1
                }
            }
            counts[0] += Int64(within.0)
            counts[1] += Int64(within.1)
            counts[2] += Int64(within.2)
            return known
        }
        guard pixels > 0 else { return }
        tally.addSample(pixels: pixels)
        tally.addRow([sum, squares], sample: sample)
        tally.addPixelValues(angles)
    }

    /// The angle in degrees between two directions of any length above 0.
    @inline(__always)
    private func angle(
        prediction: UnsafePointer<Float>, truth: UnsafePointer<Float>, _ rounding: ByteRounding?
    ) -> Double {
        let (x, y, z) = DirectionMetric.encode(prediction, rounding: rounding)
        let (u, v, w) = (Double(truth[0]), Double(truth[1]), Double(truth[2]))
        let lengths = ((x * x + y * y + z * z) * (u * u + v * v + w * w)).squareRoot()
        // A prediction of no direction at all is as good as a right angle.
        let cosine = (x * u + y * v + z * w) / (lengths == 0 ? 1 : lengths)
        return acos(cosine > 1 ? 1 : cosine < -1 ? -1 : cosine) * (180 / Double.pi)
    }

    /// A prediction as it is after it was stored in bytes: its direction, of about unit length.
    @inline(__always)
    private static func encode(
        _ prediction: UnsafePointer<Float>, rounding: ByteRounding?
    ) -> (Double, Double, Double) {
        let (x, y, z) = (prediction[0], prediction[1], prediction[2])
        guard let rounding else { return (Double(x), Double(y), Double(z)) }
        let length = max((x * x + y * y + z * z).squareRoot(), 1e-12)
        return (
            2 * Double(rounding.byte(component: x / length)) / 255 - 1,
            2 * Double(rounding.byte(component: y / length)) / 255 - 1,
            2 * Double(rounding.byte(component: z / length)) / 255 - 1
        )
    }

    func values(_ tally: MetricTally) -> [Double] {
        let pixels = Double(tally.scoredPixels)
        let sums = tally.columnSums
        return [sums[0] / pixels, median(tally), (sums[1] / pixels).squareRoot()]
            + DirectionMetric.thresholds.indices.map { Double(tally.count($0)) / pixels }
    }

    func breakdown(_ tally: MetricTally) -> MetricBreakdown? { nil }

    /// The mean of the two middle angles, or the middle one, in degrees.
    private func median(_ tally: MetricTally) -> Double {
        let pixels = tally.scoredPixels
        if tally.pixelValues.count == pixels {
            let angles = tally.pixelValues.sorted()
            return (Double(angles[(pixels - 1) / 2]) + Double(angles[pixels / 2])) / 2
        }
        return (binnedAngle((pixels - 1) / 2, tally) + binnedAngle(pixels / 2, tally)) / 2
    }

    /// The angle of the pixel that `rank` others precede, as if the angles of a bin were spread evenly over it.
    private func binnedAngle(_ rank: Int, _ tally: MetricTally) -> Double {
        var below = 0
        for bin in 0..<DirectionMetric.bins {
            let count = Int(tally.count(DirectionMetric.thresholds.count + bin))
            if below + count > rank {
                let share = (Double(rank - below) + 0.5) / Double(count)
                return (Double(bin) + share) / Double(DirectionMetric.binsPerDegree)
            }
            below += count
        }
        preconditionFailure("a rank is below the number of pixels")
    }
}
