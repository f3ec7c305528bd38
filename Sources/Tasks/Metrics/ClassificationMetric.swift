import Datasets

/// Figures of a classification of pixels, all from one confusion matrix over the pixels of the set.
///
/// With n(t, p) the pixels of class t that were predicted as class p, over K classes:
///
/// | figure | formula |
/// |---|---|
/// | IoU of class k | n(k, k) / (Σₚ n(k, p) + Σₜ n(t, k) − n(k, k)) |
/// | precision, recall of class k | n(k, k) / Σₜ n(t, k), n(k, k) / Σₚ n(k, p) |
/// | `mean_iou` | Σₖ IoU(k) / K |
/// | `mean_iou_without_background` | the same without class 0 |
/// | `mean_iou_of_occurring_classes` | the same over the classes whose IoU is defined |
/// | `pixel_accuracy` | Σₖ n(k, k) / Σₜₚ n(t, p) |
/// | `frequency_weighted_iou` | Σₖ IoU(k) Σₚ n(k, p) / Σₜₚ n(t, p) |
///
/// `pixel_accuracy` and `frequency_weighted_iou` are those of Long, Shelhamer and Darrell (CVPR 2015, section 5). As in the
/// official evaluation of the paper, `mean_iou` is the plain mean over all classes, background among them, with 0 for a
/// class that occurs neither in the truth nor in the predictions. Pixels of unknown truth are left out; a score that is no
/// number never wins.
///
/// Counts: n(t, p) at t · K + p.
struct ClassificationMetric: TaskMetric {
    let classes: Int
    /// The label of a pixel of which nothing is known.
    let unknown: Float
    /// Whether class 0 is what is none of the others. In some data sets it is a class like them, such as walls.
    let hasBackground: Bool
    /// Whether samples are left out of which all that is known is background, as those of human parts that show nobody.
    let skipsEmptySamples: Bool

    var outputChannels: Int { classes }
    var labelChannels: Int { 1 }
    var emptyTally: MetricTally { MetricTally(counts: classes * classes, columns: 0) }

    private var leavesBackgroundOut: Bool { hasBackground && classes > 1 }

    var figures: [MetricFigure] {
        [MetricFigure("mean_iou", .share, .higher)]
            + (leavesBackgroundOut ? [MetricFigure("mean_iou_without_background", .share, .higher)] : [])
            + ["mean_iou_of_occurring_classes", "pixel_accuracy", "frequency_weighted_iou"].map {
                MetricFigure($0, .share, .higher)
            }
    }

    func add(output: MapView, label: MapView, sample: Int, to tally: inout MetricTally) {
        add(label: label, to: &tally) { row, column in
            indexOfLargest(output.row(row) + column * classes, count: classes)
        }
    }

    func add(stored prediction: StoredPrediction, label: MapView, sample: Int, to tally: inout MetricTally) {
        switch prediction {
        case .classes(let map):
            precondition(map.channels == 1, "a class map has one channel")
            map.withView { map in
                add(label: label, to: &tally) { row, column in classIndex(map.row(row)[column]) }
            }
        case .output(let map): map.withView { add(output: $0, label: label, sample: sample, to: &tally) }
        case .bytes, .probabilities: preconditionFailure("classes are not saved as shares")
        }
    }

    /// Counts the pixels of one sample whose predicted class is `prediction(row, column)`.
    @inline(__always)
    private func add(label: MapView, to tally: inout MetricTally, prediction: (Int, Int) -> Int) {
        if skipsEmptySamples && isEmpty(label) { return }
        let pixels = tally.updateCounts { confusion in
            var known = 0
            for row in 0..<label.height {
                let truths = label.row(row)
                for column in 0..<label.width where truths[column] != unknown {
                    confusion[classIndex(truths[column]) * classes + prediction(row, column)] += 1
                    known += 1
                }
            }
            return known
        }
        tally.addSample(pixels: pixels)
    }

    /// The class that a map's value stands for.
    @inline(__always)
    private func classIndex(_ value: Float) -> Int {
        precondition(value >= 0 && value < Float(classes), "class \(value) is not among the \(classes) classes")
        return Int(value)
    }

    private func isEmpty(_ label: MapView) -> Bool {
        // What is unknown may be padding, which is beside the picture and says nothing about it.
        for row in 0..<label.height {
            let truths = label.row(row)
            for column in 0..<label.width where truths[column] != 0 && truths[column] != unknown { return false }
        }
        return true
    }

    /// What was counted of one class.
    private struct ClassCounts {
        /// Pixels of the class that were predicted as it, that have it, and that were predicted as it, right or wrong.
        var hits: Int64 = 0
        var occurring: Int64 = 0
        var predicted: Int64 = 0

        /// Nil for a class that occurs nowhere.
        var intersectionOverUnion: Double? { Self.share(hits, occurring + predicted - hits) }

        static func share(_ part: Int64, _ whole: Int64) -> Double? {
            whole == 0 ? nil : Double(part) / Double(whole)
        }
    }

    /// Of every class, in class order.
    private func counts(_ tally: MetricTally) -> [ClassCounts] {
        var counts = [ClassCounts](repeating: ClassCounts(), count: classes)
        for truth in 0..<classes {
            for prediction in 0..<classes {
                let count = tally.count(truth * classes + prediction)
                counts[truth].occurring += count
                counts[prediction].predicted += count
                if truth == prediction { counts[truth].hits = count }
            }
        }
        return counts
    }

    func values(_ tally: MetricTally) -> [Double] {
        let counts = counts(tally)
        let shares = counts.map(\.intersectionOverUnion)
        let occurring = shares.compactMap { $0 }
        let pixels = Double(tally.scoredPixels)
        var values = [shares.reduce(0) { $0 + ($1 ?? 0) } / Double(classes)]
        if leavesBackgroundOut {
            values.append(shares.dropFirst().reduce(0) { $0 + ($1 ?? 0) } / Double(classes - 1))
        }
        values.append(occurring.reduce(0, +) / Double(occurring.count))
        values.append(Double(counts.reduce(0) { $0 + $1.hits }) / pixels)
        values.append(zip(counts, shares).reduce(0) { $0 + Double($1.0.occurring) * ($1.1 ?? 0) } / pixels)
        return values
    }

    func breakdown(_ tally: MetricTally) -> MetricBreakdown? {
        let counts = counts(tally)
        return MetricBreakdown(
            .classes, figures: ["iou", "precision", "recall"].map { MetricFigure($0, .share, .higher) },
            values: counts.map { count in
                [
                    count.intersectionOverUnion, ClassCounts.share(count.hits, count.predicted),
                    ClassCounts.share(count.hits, count.occurring),
                ]
            }, known: counts.map { Int($0.occurring) },
            confusion: (0..<classes).map { truth in
                (0..<classes).map { Int(tally.count(truth * classes + $0)) }
            })
    }
}
