import Datasets
import Tasks
import Testing

@Suite struct ConstantPredictorTests {
    private func row(_ values: [Float], channels: Int = 1) -> PixelMap {
        PixelMap(height: 1, width: values.count / channels, channels: channels, values: values)
    }

    private func fit(_ task: LearningTask, classes: Int = 0, _ labels: [PixelMap]) throws -> ConstantPredictor {
        var fit = ConstantFit(task: task, classes: classes)
        for (index, label) in labels.enumerated() {
            label.withView { fit.add(label: $0, sample: index) }
        }
        return try #require(fit.predictor())
    }

    private func score(_ predictor: ConstantPredictor, _ task: LearningTask, classes: Int = 0, _ labels: [PixelMap])
        -> TaskScore
    {
        var score = TaskScore(task: task, classes: classes)
        for (index, label) in labels.enumerated() {
            label.withView { predictor.add(label: $0, sample: index, to: &score) }
        }
        return score
    }

    @Test func theMajorityClassWithoutUnknownPixels() throws {
        let labels = [row([2, 2, 255, 255, 255, 1]), row([1, 2, 0, 255, 255, 255])]
        let predictor = try fit(.semseg, classes: 3, labels)
        #expect(predictor.values == [0, 0, 1])
        #expect(try score(predictor, .semseg, classes: 3, labels).value("mean_iou") == 0.5 / 3)
    }

    @Test func binaryMapsArePositiveWhereAnythingIs() throws {
        let labels = [row([0, 0, 0, 1]), row([0, 255, 0, 0])]
        let predictor = try fit(.edge, classes: 21, labels)
        #expect(predictor.values[0] > 0)
        // 1 of 7 known pixels: F = 2 p / (1 + p).
        #expect(abs(try score(predictor, .edge, labels).value("max_f_of_pixels") - 0.25) < 1e-11)
        #expect(try fit(.sal, [row([0, 0])]).values[0] < 0)
    }

    @Test func theMeanDirection() throws {
        let labels = [row([1, 0, 0, 0, 0, 0, 0, 1, 0], channels: 3)]
        let predictor = try fit(.normals, labels)
        let half = Float(0.5).squareRoot()
        #expect(predictor.values == [half, half, 0])
        #expect(abs(try score(predictor, .normals, labels).value("mean_angular_error") - 45) < 1e-5)
    }

    @Test func noConstantDepthIsBetterThanTheMean() throws {
        let labels = [row([1, 2, 0, 6]), row([3])]
        let predictor = try fit(.depth, labels)
        #expect(predictor.values == [3])
        let best = try score(predictor, .depth, labels).value("rmse")
        for other: Float in [2.9, 3.1] {
            var score = TaskScore(task: .depth)
            for (index, label) in labels.enumerated() {
                score.add(row(label.values.map { _ in other }), label, sample: index)
            }
            #expect(try score.value("rmse") > best)
        }
    }

    @Test func theMeanOfEachChannelOfValues() throws {
        var fit = ConstantFit(.means(channels: 2))
        // Unknown is each channel by itself, and a channel of which nothing is known has no mean.
        for (index, label) in [row([-1, .nan, 4, .nan], channels: 2), row([.nan, .nan, 6, .nan], channels: 2)]
            .enumerated()
        {
            label.withView { fit.add(label: $0, sample: index) }
        }
        #expect(fit.predictor()?.values == [3, 0])
        #expect(ConstantFit(.means(channels: 1)).predictor() == nil)
    }

    @Test func eachScoreChannelIsPositiveWhereAnyOfItIs() {
        var fit = ConstantFit(.positive(channels: 3, unknown: 255))
        row([0, 1, 255, 0, 0, 255], channels: 3).withView { fit.add(label: $0, sample: 0) }
        #expect(fit.predictor()?.values == [-30, 30, -30])
    }

    @Test(arguments: LearningTask.paper)
    func labelsWithoutAKnownPixelHaveNoConstant(task: LearningTask) {
        let label = row(
            [Float](repeating: task.unknownLabel, count: 4 * task.labelChannels), channels: task.labelChannels)
        var fit = ConstantFit(task: task, classes: 3)
        label.withView { fit.add(label: $0, sample: 0) }
        #expect(fit.predictor() == nil)
    }

    @Test func fitsMerge() throws {
        let labels = [row([1.1, 2.2]), row([0.3]), row([5.7, 0])]
        var whole = ConstantFit(task: .depth)
        var (first, second) = (whole, whole)
        for (index, label) in labels.enumerated() {
            label.withView {
                whole.add(label: $0, sample: index)
                if index == 1 {
                    first.add(label: $0, sample: index)
                } else {
                    second.add(label: $0, sample: index)
                }
            }
        }
        second.merge(first)
        #expect(second.predictor() != nil && second.predictor() == whole.predictor())
    }

    @Test func progressTowardsPerfect() {
        func result(_ value: Double, _ unit: MetricUnit) -> MetricResult {
            MetricResult(MetricFigure(name: "figure", unit: unit), value: value, convention: .exact)
        }
        let score = ConstantComparison(achieved: result(0.625, .share), constant: result(0.25, .share))
        #expect(score.progress == 0.5)
        let error = ConstantComparison(achieved: result(12, .degrees), constant: result(48, .degrees))
        #expect(error.progress == 0.75)
        let worse = ConstantComparison(achieved: result(3, .metres), constant: result(2, .metres))
        #expect(worse.progress == -0.5)
        let done = ConstantComparison(achieved: result(1, .share), constant: result(1, .share))
        #expect(done.progress == 1)
    }
}
