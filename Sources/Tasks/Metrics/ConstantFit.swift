import Datasets

/// Fits a ``ConstantPredictor`` to training labels, which may come in any order and be merged, as for ``TaskScore``.
package struct ConstantFit: Sendable {
    package let task: LearningTask
    /// 0 where the task has none.
    private let classes: Int
    /// Counts: pixels of each class, or known negative and positive pixels. Rows: sums of normals or depths.
    package var tally: MetricTally

    /// A fit to nothing yet.
    /// - Parameter classes: how many classes a classification task has; other tasks do not look at it.
    package init(task: LearningTask, classes: Int = 0) {
        self.task = task
        self.classes = task.kind == .classes ? classes : 0
        switch task.kind {
        case .classes:
            precondition(classes > 0, "a classification task has classes")
            tally = MetricTally(counts: classes, columns: 0)
        case .score: tally = MetricTally(counts: 2, columns: 0)
        case .direction, .distance, .value: tally = MetricTally(counts: 0, columns: task.labelChannels)
        }
    }

    /// Adds one sample's label.
    /// - Parameter sample: the sample's index in the whole set; an index comes once.
    package mutating func add(label: MapView, sample: Int) {
        precondition(label.channels == task.labelChannels, "a label has the channels of its task")
        switch task.kind {
        case .classes, .score: addCounts(label)
        case .direction, .distance, .value: addSums(label, sample: sample)
        }
    }

    private mutating func addCounts(_ label: MapView) {
        let (classes, unknown) = (classes, task.unknownLabel)
        let pixels = tally.updateCounts { counts in
            var known = 0
            for row in 0..<label.height {
                let truths = label.row(row)
                for column in 0..<label.width where truths[column] != unknown {
                    let truth = truths[column]
                    if classes > 0 {
                        precondition(truth >= 0 && truth < Float(classes), "class \(truth) is not among \(classes)")
                        counts[Int(truth)] += 1
                    } else {
                        counts[truth > 0.5 ? 1 : 0] += 1
                    }
                    known += 1
                }
            }
            return known
        }
        tally.addSample(pixels: pixels)
    }

    private mutating func addSums(_ label: MapView, sample: Int) {
        let channels = task.labelChannels
        var sums = [Double](repeating: 0, count: channels)
        var known = 0
        for row in 0..<label.height {
            let truths = label.row(row)
            for column in 0..<label.width {
                let truth = truths + column * channels
                if channels == 3 {
                    if truth[0] == 0 && truth[1] == 0 && truth[2] == 0 { continue }
                    sums[0] += Double(truth[0])
                    sums[1] += Double(truth[1])
                    sums[2] += Double(truth[2])
                } else {
                    guard truth[0] > 0 else { continue }
                    sums[0] += Double(truth[0])
                }
                known += 1
            }
        }
        guard known > 0 else { return }
        tally.addSample(pixels: known)
        tally.addRow(sums, sample: sample)
    }

    /// Adds what another fit of the same task has seen of other samples.
    package mutating func merge(_ other: ConstantFit) {
        precondition(other.task == task, "only fits of one task add up")
        tally.merge(other.tally)
    }

    /// The constant that suits the labels seen so far; nil while none of them has a known pixel.
    package func predictor() -> ConstantPredictor? {
        guard tally.scoredPixels > 0 else { return nil }
        switch task.kind {
        case .classes:
            var majority = 0
            for index in 1..<max(classes, 1) where tally.count(index) > tally.count(majority) {
                majority = index
            }
            return ConstantPredictor(task: task, values: (0..<classes).map { $0 == majority ? 1 : 0 })
        case .score:
            // Far enough for a probability of 0 or 1 at every threshold.
            return ConstantPredictor(task: task, values: [tally.count(1) > 0 ? 30 : -30])
        case .direction:
            let sums = tally.columnSums
            let length = (sums[0] * sums[0] + sums[1] * sums[1] + sums[2] * sums[2]).squareRoot()
            return ConstantPredictor(task: task, values: sums.map { Float($0 / (length == 0 ? 1 : length)) })
        case .distance, .value:
            return ConstantPredictor(task: task, values: [Float(tally.columnSums[0] / Double(tally.scoredPixels))])
        }
    }
}
