import Datasets

/// Which metric a task has, and which constant it has to beat.
extension LearningTask {
    /// The metric of the task.
    /// - Parameters:
    ///   - classes: how many classes a classification task has; other tasks do not look at it.
    ///   - hasBackground: whether class 0 is the background, which one figure leaves out.
    ///   - boundaryDistance: where given, scores of boundaries are measured by the boundary benchmark, with this largest
    ///     distance as a share of the diagonal. Labels are then boundaries as `SampleSource.boundaries(of:at:)` gives them.
    package func metric(
        classes: Int, hasBackground: Bool, convention: MetricConvention, boundaryDistance: Double?
    ) -> any TaskMetric {
        switch kind {
        case .classes:
            precondition(classes > 0, "a classification task has classes")
            return ClassificationMetric(
                classes: classes, unknown: unknownLabel, hasBackground: hasBackground,
                skipsEmptySamples: skipsEmptySamples)
        case .score:
            switch scoreRule {
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
        case .value: return ValueMetric(channels: channels)
        }
    }

    /// What the figures of the task are called, by any rules: those that `tasks.NAME.metric` may name.
    package var figureNames: [String] {
        let variants = [(true, nil), (false, 0.0075)].map { hasBackground, distance in
            metric(classes: 2, hasBackground: hasBackground, convention: .exact, boundaryDistance: distance).figures
        }
        return variants.joined().map(\.name).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// - Parameter classes: as for ``metric(classes:hasBackground:convention:boundaryDistance:)``.
    fileprivate func constantRule(classes: Int) -> ConstantFit.Rule {
        switch kind {
        case .classes: .majority(classes: classes, unknown: unknownLabel)
        case .score: .positive(channels: labelChannels, unknown: unknownLabel)
        case .direction: .direction
        case .distance: .distance
        case .value: .means(channels: channels)
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
    /// The figure of a task that Δm compares, by default as the paper's tables give it (section 4.1): ODS-F of edges, mean
    /// IoU of classes, parts and saliency, mean angle of normals, RMSE of depth. Saliency's IoU is what ASTMT's tables are
    /// made of (`parse_eval_results.py`) and what the paper's code logs before max-F (`test.py`).
    package static func figure(of task: LearningTask, in results: [MetricResult]) -> MetricResult? {
        figure(of: task, in: results, named: \.name)
    }

    /// The same among figures of any kind, the primary one first.
    package static func figure<Figure>(
        of task: LearningTask, in figures: [Figure], named name: KeyPath<Figure, String>
    ) -> Figure? {
        figure(task.comparedFigure, in: figures, named: name)
    }
}
