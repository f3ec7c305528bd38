import Tasks
import Training

extension BestCriterion {
    /// `semseg mean IoU`, or `Δm`.
    package var title: String { task.map { "\($0) \(MetricName.title(figure.name))" } ?? "Δm" }

    /// As a configuration names it: `semseg.mean_iou`; `delta_m` of several tasks.
    var key: String { (task.map { "\($0)." } ?? "") + figure.name }
}

extension ValidationCourse {
    /// The best validation so far: `semseg mean IoU 0.512 after step 1500`.
    package var bestText: String? {
        best.map { "\(criterion.title) \(criterion.figure.unit.text($0.value)) after step \($0.step)" }
    }

    /// Where the run stands, in one line.
    var text: String {
        let best = bestText.map { "best so far: \($0)" } ?? "no best yet: \(criterion.title) is no number"
        guard withoutGain > 0 else { return best }
        let since = "no gain in \(Figure.number(withoutGain, "validation"))"
        return hasEnded ? "ended after step \(step), \(since); \(best)" : "\(since); \(best)"
    }
}
