import Datasets

/// The quality of one task's outputs over a set of samples.
///
/// Samples may be added in any order, by several scores that are merged later: the results are the same bits, because
/// counts are integers and sums of Doubles are folded in sample order (see ``MetricTally``).
///
/// | task | output before any activation | primary metric |
/// |---|---|---|
/// | `semseg`, `human_parts` | one score for each class | `mean_iou` |
/// | `edge` | one score before the sigmoid | `max_f_of_pixels`; `ods_f` of the boundary benchmark |
/// | `sal` | one score before the sigmoid | `max_f` |
/// | `normals` | a direction, of any length | `mean_angular_error` |
/// | `depth` | metres | `rmse`; in `rcm` and `astmt` `rmse_mean_of_images` |
package struct TaskScore: Sendable {
    package let task: LearningTask
    package let convention: MetricConvention
    private let metric: Metric
    /// What was seen so far; set to the sum over ranks before results are asked for.
    package var tally: MetricTally

    private enum Metric: Sendable {
        case classification(ClassificationMetric)
        case edges(EdgeMetric)
        case boundaries(BoundaryMetric)
        case saliency(SaliencyMetric)
        case normals(NormalsMetric)
        case depth(DepthMetric)
    }

    /// A score of nothing yet.
    /// - Parameters:
    ///   - classes: how many classes a classification task has; other tasks do not look at it.
    ///   - hasBackground: whether class 0 is the background, which one figure leaves out.
    ///   - boundaryDistance: where given, edges are scored by the boundary benchmark (``BoundaryBenchmark``), which takes
    ///     a good part of a second for a picture, with this largest distance as a share of the diagonal. Labels of
    ///     `edge` are then boundaries as `SampleSource.boundaries(at:)` gives them. Else edges are compared pixel by
    ///     pixel, which costs little.
    package init(
        task: LearningTask, classes: Int = 0, hasBackground: Bool = false, convention: MetricConvention = .exact,
        boundaryDistance: Double? = nil
    ) {
        self.task = task
        self.convention = convention
        switch task.kind {
        case .classes:
            precondition(classes > 0, "a classification task has classes")
            let made = ClassificationMetric(
                classes: classes, hasBackground: hasBackground, skipsEmptySamples: task.skipsEmptySamples)
            (metric, tally) = (.classification(made), made.emptyTally)
        case .score where task.scoreRule == .boundaries:
            if let boundaryDistance {
                let made = BoundaryMetric(
                    BoundaryBenchmark(convention: convention, maximumDistance: boundaryDistance))
                (metric, tally) = (.boundaries(made), made.emptyTally)
                return
            }
            let made = EdgeMetric(convention: convention)
            (metric, tally) = (.edges(made), made.emptyTally)
        case .score:
            let made = SaliencyMetric(convention: convention)
            (metric, tally) = (.saliency(made), made.emptyTally)
        case .direction:
            let made = NormalsMetric(convention: convention)
            (metric, tally) = (.normals(made), made.emptyTally)
        case .distance, .value:
            let made = DepthMetric(convention: convention)
            (metric, tally) = (.depth(made), made.emptyTally)
        }
    }

    /// Scores the network's output for one sample.
    /// - Parameters:
    ///   - output: as the table above says, at the label's size.
    ///   - label: as ``LearningTask`` says. Classes beyond the task's are a programmer's error: readers refuse them.
    ///   - sample: the sample's index in the whole set; an index comes once.
    ///   - isEncoded: whether normals come from bytes already, so that they are not rounded to bytes again.
    package mutating func add(output: MapView, label: MapView, sample: Int, isEncoded: Bool = false) {
        precondition(
            output.height == label.height && output.width == label.width && label.channels == task.labelChannels,
            "an output is scored at its label's size")
        switch metric {
        case .classification(let metric): metric.add(output: output, label: label, to: &tally)
        case .edges(let metric):
            precondition(output.channels == 1, "an edge map has one channel")
            metric.add(output: output, label: label, to: &tally)
        case .boundaries(let metric):
            precondition(output.channels == 1, "an edge map has one channel")
            metric.add(output: output, label: label, to: &tally)
        case .saliency(let metric):
            precondition(output.channels == 1, "a saliency map has one channel")
            metric.add(output: output, label: label, sample: sample, to: &tally)
        case .normals(let metric):
            precondition(output.channels == 3, "a normal has three components")
            metric.add(output: output, label: label, sample: sample, isEncoded: isEncoded, to: &tally)
        case .depth(let metric):
            precondition(output.channels == 1, "a depth map has one channel")
            metric.add(output: output, label: label, sample: sample, to: &tally)
        }
    }

    /// Scores a map of class indices, such as a saved prediction of a classification task.
    package mutating func add(predictedClasses: MapView, label: MapView) {
        precondition(
            predictedClasses.height == label.height && predictedClasses.width == label.width && label.channels == 1,
            "a prediction is scored at its label's size")
        guard case .classification(let metric) = metric else {
            preconditionFailure("only classification tasks predict classes")
        }
        metric.add(predictedClasses: predictedClasses, label: label, to: &tally)
    }

    /// Adds what another score of the same task and convention has seen of other samples.
    package mutating func merge(_ other: TaskScore) {
        precondition(other.task == task && other.convention == convention, "only scores of one task add up")
        tally.merge(other.tally)
    }

    /// All figures, the primary one first; none while no pixel with known truth was scored.
    package var results: [MetricResult] {
        guard tally.scoredPixels > 0 else { return [] }
        let values =
            switch metric {
            case .classification(let metric): metric.values(tally)
            case .edges(let metric): metric.values(tally)
            case .boundaries(let metric): metric.values(tally)
            case .saliency(let metric): metric.values(tally)
            case .normals(let metric): metric.values(tally)
            case .depth(let metric): metric.values(tally)
            }
        return values.map {
            MetricResult(name: $0.name, value: $0.value, unit: $0.unit, convention: convention)
        }
    }

    /// The figure that stands for the task; nil while no pixel with known truth was scored.
    package var primary: MetricResult? { results.first }

    /// The intersection over union of every class, nil for one that occurs nowhere; empty for other tasks.
    package var intersectionOverUnion: [Double?] {
        guard case .classification(let metric) = metric else { return [] }
        return metric.intersectionOverUnion(tally)
    }
}

/// A figure before its convention is attached.
struct MetricValue {
    let name: String
    let value: Double
    let unit: MetricUnit

    init(_ name: String, _ value: Double, _ unit: MetricUnit) {
        self.name = name
        self.value = value
        self.unit = unit
    }
}
