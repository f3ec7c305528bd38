import Datasets

/// What a task may choose about its metrics, beside its kind.
package struct MetricOptions: Sendable, Equatable {
    /// How scores are measured during training; the others only by `modulor evaluate`.
    package enum Scores: Sendable, Equatable {
        /// ``PixelScoreMetric``
        case pixels
        /// ``ImageScoreMetric``
        case images
        /// Pixels during training; in an evaluation the boundary benchmark (``BoundaryMetric``), which takes a good part of a
        /// second for a picture.
        case boundaries
    }

    package var scores = Scores.pixels
    /// Of classes: whether samples are left out of which all that is known is background.
    package var skipsEmptySamples = false
    /// The figure that stands for the task in Δm; nil is the primary one.
    package var compared: String?

    package init(scores: Scores = .pixels, skipsEmptySamples: Bool = false, compared: String? = nil) {
        self.scores = scores
        self.skipsEmptySamples = skipsEmptySamples
        self.compared = compared
    }
}

/// Which metric a task has, and which constant it has to beat.
extension LearningTask {
    /// The choices of the paper's tasks. Saliency is compared by its IoU, which ASTMT's tables are made of
    /// (`parse_eval_results.py`) and what the paper's code logs before max-F (`test.py`).
    package var metricOptions: MetricOptions {
        switch self {
        case .semseg, .normals, .depth: MetricOptions()
        case .humanParts: MetricOptions(skipsEmptySamples: true)
        case .edge: MetricOptions(scores: .boundaries)
        case .sal: MetricOptions(scores: .images, compared: "max_iou")
        }
    }

    /// The metric of the task.
    /// - Parameters:
    ///   - classes: how many classes a classification task has; other tasks do not look at it.
    ///   - hasBackground: whether class 0 is the background, which one figure leaves out.
    ///   - boundaryDistance: where given, scores of boundaries are measured by the boundary benchmark, with this largest
    ///     distance as a share of the diagonal. Labels are then boundaries as `SampleSource.boundaries(at:)` gives them.
    func metric(
        classes: Int, hasBackground: Bool, convention: MetricConvention, boundaryDistance: Double?
    ) -> any TaskMetric {
        let options = metricOptions
        switch answer {
        case .classes:
            precondition(classes > 0, "a classification task has classes")
            return ClassificationMetric(
                classes: classes, unknown: unknownLabel, hasBackground: hasBackground,
                skipsEmptySamples: options.skipsEmptySamples)
        case .score:
            switch options.scores {
            case .images:
                return ImageScoreMetric(channels: labelChannels, unknown: unknownLabel, convention: convention)
            case .boundaries:
                if let boundaryDistance {
                    return BoundaryMetric(
                        BoundaryBenchmark(convention: convention, maximumDistance: boundaryDistance),
                        unknown: unknownLabel)
                }
                fallthrough
            case .pixels:
                return PixelScoreMetric(channels: labelChannels, unknown: unknownLabel, convention: convention)
            }
        case .direction: return DirectionMetric(convention: convention)
        case .distance: return DistanceMetric(convention: convention)
        }
    }

    /// - Parameter classes: as for ``metric(classes:hasBackground:convention:boundaryDistance:)``.
    fileprivate func constantRule(classes: Int) -> ConstantFit.Rule {
        switch answer {
        case .classes: .majority(classes: classes, unknown: unknownLabel)
        case .score: .positive(channels: labelChannels, unknown: unknownLabel)
        case .direction: .direction
        case .distance: .distance
        }
    }
}

extension TaskScore {
    /// A score of nothing yet, by the task's metric; parameters as for
    /// ``LearningTask/metric(classes:hasBackground:convention:boundaryDistance:)``.
    package init(
        task: LearningTask, classes: Int = 0, hasBackground: Bool = false, convention: MetricConvention = .exact,
        boundaryDistance: Double? = nil
    ) {
        self.init(
            task.metric(
                classes: classes, hasBackground: hasBackground, convention: convention,
                boundaryDistance: boundaryDistance), convention: convention)
    }
}

extension ConstantFit {
    /// A fit to nothing yet, of the constant that suits the task.
    package init(task: LearningTask, classes: Int = 0) {
        self.init(task.constantRule(classes: classes))
    }
}

extension RelativeImprovement {
    /// The figure of a task that Δm compares, as the paper's tables give it (section 4.1): ODS-F of edges, mean IoU of
    /// classes, parts and saliency, mean angle of normals, RMSE of depth.
    package static func figure(of task: LearningTask, in results: [MetricResult]) -> MetricResult? {
        figure(of: task, in: results, named: \.name)
    }

    /// The same among figures of any kind, the primary one first.
    package static func figure<Figure>(
        of task: LearningTask, in figures: [Figure], named name: KeyPath<Figure, String>
    ) -> Figure? {
        figure(task.metricOptions.compared, in: figures, named: name)
    }
}
