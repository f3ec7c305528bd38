import Datasets
import Tasks
import Testing

@Suite struct RelativeImprovementTests {
    private func term(_ task: LearningTask, _ name: String, _ unit: MetricUnit, _ value: Double, _ baseline: Double)
        -> RelativeImprovement.Term
    {
        func result(_ value: Double) -> MetricResult {
            MetricResult(name: name, value: value, unit: unit, convention: .exact)
        }
        return RelativeImprovement.Term(task: task.name, achieved: result(value), baseline: result(baseline))
    }

    @Test func lessErrorAndMoreScoreAreBetter() throws {
        let improvement = RelativeImprovement([
            term(.semseg, "mean_iou", .share, 0.55, 0.5),
            term(.normals, "mean_angular_error", .degrees, 18, 15),
            term(.depth, "rmse", .metres, 0.75, 1),
        ])
        // +10 %, −20 %, +25 %
        #expect(abs(try #require(improvement.percent) - 5) < 1e-9)
    }

    @Test func nothingIsMeasuredAgainstZero() {
        #expect(RelativeImprovement([term(.sal, "max_iou", .share, 0.5, 0)]).percent == nil)
        #expect(RelativeImprovement([]).percent == nil)
    }

    @Test func saliencyIsComparedByItsIoU() {
        let results = ["max_f", "max_iou"].map {
            MetricResult(name: $0, value: 1, unit: .share, convention: .rcm)
        }
        #expect(RelativeImprovement.figure(of: .sal, in: results)?.name == "max_iou")
        #expect(RelativeImprovement.figure(of: .edge, in: results)?.name == "max_f")
    }
}
