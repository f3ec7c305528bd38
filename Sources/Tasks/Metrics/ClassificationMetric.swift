import Datasets

/// Intersection over union of semantic segmentation and human parts, from a confusion matrix over all pixels.
///
/// As in the official evaluation, a class that occurs neither in the truth nor in the predictions has IoU 0, and
/// the mean is the plain one over all classes, background among them. `count(truth * classes + prediction)` are pixels.
struct ClassificationMetric: Sendable {
    let classes: Int
    /// Whether class 0 is what is none of the others. In some data sets it is a class like them, such as walls.
    let hasBackground: Bool
    /// Human parts leave out a sample of which all that is known is background: it shows nobody, or nobody's parts.
    let skipsEmptySamples: Bool

    static let unknown: Float = LearningTask.semseg.unknownLabel

    var emptyTally: MetricTally { MetricTally(counts: classes * classes, columns: 0) }

    /// Scores an output of one score for each class.
    func add(output: MapView, label: MapView, to tally: inout MetricTally) {
        precondition(output.channels == classes, "an output has one score for each class")
        if skipsEmptySamples && isEmpty(label) { return }
        let pixels = tally.updateCounts { confusion in
            var known = 0
            for row in 0..<label.height {
                let truths = label.row(row)
                let scores = output.row(row)
                for column in 0..<label.width where truths[column] != ClassificationMetric.unknown {
                    let truth = classIndex(truths[column])
                    let prediction = indexOfLargest(scores + column * classes, count: classes)
                    confusion[truth * classes + prediction] += 1
                    known += 1
                }
            }
            return known
        }
        tally.addSample(pixels: pixels)
    }

    /// Scores a map of class indices, such as a prediction that was saved.
    func add(predictedClasses: MapView, label: MapView, to tally: inout MetricTally) {
        precondition(predictedClasses.channels == 1, "a class map has one channel")
        if skipsEmptySamples && isEmpty(label) { return }
        let pixels = tally.updateCounts { confusion in
            var known = 0
            for row in 0..<label.height {
                let truths = label.row(row)
                let predictions = predictedClasses.row(row)
                for column in 0..<label.width where truths[column] != ClassificationMetric.unknown {
                    confusion[classIndex(truths[column]) * classes + classIndex(predictions[column])] += 1
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
            for column in 0..<label.width where truths[column] != 0 && truths[column] != ClassificationMetric.unknown {
                return false
            }
        }
        return true
    }

    /// Every class's IoU, in class order; nil for a class that occurs nowhere.
    func intersectionOverUnion(_ tally: MetricTally) -> [Double?] {
        (0..<classes).map { index in
            var union: Int64 = -tally.count(index * classes + index)
            for other in 0..<classes {
                union += tally.count(index * classes + other) + tally.count(other * classes + index)
            }
            return union == 0 ? nil : Double(tally.count(index * classes + index)) / Double(union)
        }
    }

    func values(_ tally: MetricTally) -> [MetricValue] {
        let shares = intersectionOverUnion(tally)
        let occurring = shares.compactMap { $0 }
        let correct = (0..<classes).reduce(Int64(0)) { $0 + tally.count($1 * classes + $1) }
        var values = [
            MetricValue("mean_iou", shares.reduce(0) { $0 + ($1 ?? 0) } / Double(classes), .share)
        ]
        if hasBackground && classes > 1 {
            let foreground = shares.dropFirst().reduce(0) { $0 + ($1 ?? 0) }
            values.append(MetricValue("mean_iou_without_background", foreground / Double(classes - 1), .share))
        }
        values.append(
            MetricValue("mean_iou_of_occurring_classes", occurring.reduce(0, +) / Double(occurring.count), .share))
        values.append(MetricValue("pixel_accuracy", Double(correct) / Double(tally.scoredPixels), .share))
        return values
    }
}
