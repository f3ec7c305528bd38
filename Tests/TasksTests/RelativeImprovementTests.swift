import Datasets
import Tasks
import Testing

@Suite struct RelativeImprovementTests {
    private func term(_ task: LearningTask, _ name: String, _ unit: MetricUnit, _ value: Double, _ baseline: Double)
        -> RelativeImprovement.Term
    {
        func result(_ value: Double) -> MetricResult {
            MetricResult(MetricFigure(name: name, unit: unit), value: value, convention: .exact)
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

    /// What is better follows from the figure: an error in the unit of a share, and a share that may be below 0.
    @Test func theDirectionIsTheFiguresOwn() throws {
        func percent(_ figure: MetricFigure, _ value: Double, _ baseline: Double) -> Double? {
            MetricResult(figure, value: value, convention: .exact).improvementPercent(
                over: MetricResult(figure, value: baseline, convention: .exact))
        }
        #expect(percent(MetricFigure("miss_rate", .share, .lower), 0.25, 0.5) == 50)
        #expect(percent(MetricFigure("r2", .share, .higher), 0.5, -0.5) == 200)
        #expect(percent(MetricFigure("abs_rel", .ratio, .lower), 0.3, 0.2).map { abs($0 + 50) < 1e-12 } == true)
    }

    @Test func anotherFigureMayStandForATask() {
        let names = ["rmse", "mae", "r2"]
        #expect(RelativeImprovement.figure("mae", in: names, named: \.self) == "mae")
        #expect(RelativeImprovement.figure(nil, in: names, named: \.self) == "rmse")
        // A convention may lack the chosen one.
        #expect(RelativeImprovement.figure("silog", in: names, named: \.self) == "rmse")
    }

    @Test func saliencyIsComparedByItsIoU() {
        let results = ["max_f", "max_iou"].map {
            MetricResult(MetricFigure($0, .share, .higher), value: 1, convention: .rcm)
        }
        #expect(RelativeImprovement.figure(of: .sal, in: results)?.name == "max_iou")
        #expect(RelativeImprovement.figure(of: .edge, in: results)?.name == "max_f")
    }
}
