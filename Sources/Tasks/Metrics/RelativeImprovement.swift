import Datasets

/// Δm, how much better a multi-task model is than a baseline, averaged over tasks (Kanakis et al., section 4.1, after
/// Maninis et al., CVPR 2019):
///
///     Δm = 1/T Σᵢ (−1)^lᵢ (Mᵢ − Bᵢ) / Bᵢ
///
/// where Mᵢ and Bᵢ are the model's and the baseline's figures of task i, and lᵢ is 1 where less is better. The baseline is
/// usually one network for each task. Negative is worse than the baseline.
package struct RelativeImprovement: Sendable, Equatable {
    /// One task's term, in percent of the baseline's figure.
    package struct Term: Sendable, Equatable {
        package let task: String
        package let achieved: MetricResult
        package let baseline: MetricResult

        package init(task: String, achieved: MetricResult, baseline: MetricResult) {
            self.task = task
            self.achieved = achieved
            self.baseline = baseline
        }

        /// Nil where the baseline's figure is 0, against which nothing can be measured.
        package var percent: Double? { achieved.improvementPercent(over: baseline) }
    }

    package let terms: [Term]

    package init(_ terms: [Term]) {
        self.terms = terms
    }

    /// Δm in percent; nil without tasks, and where a term is undefined.
    package var percent: Double? {
        let changes = terms.compactMap(\.percent)
        guard !changes.isEmpty && changes.count == terms.count else { return nil }
        return changes.reduce(0, +) / Double(changes.count)
    }

    /// The figure that stands for a task, the one of the name `chosen`; where none is chosen, or none has that name, the first,
    /// which is the primary one.
    package static func figure<Figure>(
        _ chosen: String?, in figures: [Figure], named name: KeyPath<Figure, String>
    ) -> Figure? {
        figures.first { $0[keyPath: name] == chosen } ?? figures.first
    }
}
