import Datasets
import Foundation
import TensorCore
import Tasks
import Testing

/// What scores promise about unknown pixels, order, windows and hand-counted cases.
@Suite struct TaskScoreTests {
    /// A map of `channels` values per pixel from a random stream.
    private func randomMap(
        _ name: String, height: Int = 9, width: Int = 11, channels: Int = 1, value: (Float) -> Float = { $0 }
    ) -> PixelMap {
        let stream = RandomStream(name)
        let count = height * width * channels
        return PixelMap(
            height: height, width: width, channels: channels,
            values: (0..<count).map { value(stream.signed(UInt64($0))) })
    }

    private func row(_ values: [Float], channels: Int = 1) -> PixelMap {
        PixelMap(height: 1, width: values.count / channels, channels: channels, values: values)
    }

    private static let classes = 5

    /// An output and a label, some of it unknown, of sample `index`.
    private func pair(_ task: LearningTask, _ index: Int) -> (output: PixelMap, label: PixelMap) {
        let name = "\(task.name).\(index)"
        let height = 7 + index
        func output(_ channels: Int) -> PixelMap {
            randomMap("output." + name, height: height, channels: channels) { 6 * $0 }
        }
        func label(_ value: (Float) -> Float) -> PixelMap {
            randomMap("label." + name, height: height, channels: task.labelChannels, value: value)
        }
        switch task.kind {
        case .classes:
            return (
                output(TaskScoreTests.classes), label { $0 > 0.8 ? 255 : min(Float(Int(abs($0) * 6)), 4) }
            )
        case .score: return (output(1), label { $0 > 0.8 ? 255 : $0 > 0.3 ? 1 : 0 })
        case .distance: return (output(1), label { $0 > 0.8 ? 0 : 3 + $0 })
        case .value: return (output(task.channels), label { $0 > 0.8 ? .nan : $0 })
        case .direction:
            var label = label { $0 }
            for pixel in 0..<20 {
                for channel in 0..<3 { label.values[9 * pixel + channel] = 0 }
            }
            return (output(3), label)
        }
    }

    private func score(_ task: LearningTask, _ samples: [Int]) -> TaskScore {
        var score = TaskScore(task: task, classes: TaskScoreTests.classes)
        for sample in samples {
            let pair = pair(task, sample)
            score.add(pair.output, pair.label, sample: sample)
        }
        return score
    }

    @Test(arguments: LearningTask.paper)
    func resultsDoNotDependOnOrderOrSplit(task: LearningTask) throws {
        let whole = score(task, Array(0..<7))
        #expect(!whole.results.isEmpty)

        let backwards = score(task, (0..<7).reversed())
        #expect(backwards.results == whole.results)

        var merged = score(task, [5, 6])
        merged.merge(score(task, [4]))
        merged.merge(score(task, [0, 3, 1, 2]))
        #expect(merged.results == whole.results)

        // As ranks do it: counts are added, rows and pixel values are gathered.
        let parts = [score(task, [3, 4, 5, 6]).tally, score(task, [0, 1, 2]).tally]
        var reduced = TaskScore(task: task, classes: TaskScoreTests.classes)
        reduced.tally = reduced.tally.replacing(
            counts: zip(parts[0].counts, parts[1].counts).map { $0 + $1 },
            samples: parts.flatMap(\.samples), rows: parts.flatMap(\.rows), pixelValues: parts.flatMap(\.pixelValues))
        #expect(reduced.results == whole.results)
    }

    @Test(arguments: LearningTask.paper)
    func unknownPixelsDoNotCount(task: LearningTask) {
        var (output, label) = pair(task, 0)
        var before = TaskScore(task: task, classes: TaskScoreTests.classes)
        before.add(output, label, sample: 0)
        var changed = 0
        for pixel in 0..<label.height * label.width {
            let values = label.values[pixel * label.channels..<(pixel + 1) * label.channels]
            guard values.allSatisfy({ $0 == task.unknownLabel }) else { continue }
            for channel in 0..<output.channels {
                output.values[pixel * output.channels + channel] += Float(channel + 1) * 10
            }
            changed += 1
        }
        #expect(changed > 0)
        var after = TaskScore(task: task, classes: TaskScoreTests.classes)
        after.add(output, label, sample: 0)
        #expect(after.results == before.results)
        #expect(after.tally.scoredPixels == label.height * label.width - changed)
    }

    @Test(arguments: LearningTask.paper)
    func aSetWithoutKnownPixelsHasNoResults(task: LearningTask) {
        let pair = pair(task, 0)
        let unknown = PixelMap(
            height: pair.label.height, width: pair.label.width, channels: pair.label.channels,
            values: pair.label.values.map { _ in task.unknownLabel })
        var score = TaskScore(task: task, classes: TaskScoreTests.classes)
        #expect(score.primary == nil)
        score.add(pair.output, unknown, sample: 0)
        #expect(score.results.isEmpty)
    }

    @Test(arguments: LearningTask.paper)
    func aPerfectPredictionIsPerfect(task: LearningTask) throws {
        let label = pair(task, 2).label
        let output: PixelMap
        switch task.kind {
        case .classes:
            output = PixelMap(
                height: label.height, width: label.width, channels: TaskScoreTests.classes,
                values: label.values.flatMap { truth in
                    (0..<TaskScoreTests.classes).map { Float($0) == truth ? 1 : 0 }
                })
        case .score:
            output = PixelMap(
                height: label.height, width: label.width, channels: 1, values: label.values.map { $0 > 0.5 ? 9 : -9 })
        case .direction, .distance, .value: output = label
        }
        var score = TaskScore(task: task, classes: TaskScoreTests.classes)
        score.add(output, label, sample: 0)
        let primary = try #require(score.primary)
        // Arc cosines near 0 turn the last bit of a cosine into 1e-6 degrees; F has 1e-12 in its denominators.
        #expect(abs(primary.value - primary.perfectValue) < 2e-6)
    }

    @Test func meanIntersectionOverUnionByHand() throws {
        // Truth 0 0 1 1 ?, prediction 0 1 1 1 2; class 2 is predicted only where nothing is known, so it occurs nowhere.
        var score = TaskScore(task: .semseg, classes: 3, hasBackground: true)
        score.add(predictedClasses: row([0, 1, 1, 1, 2]), row([0, 0, 1, 1, 255]))
        #expect(score.intersectionOverUnion == [0.5, 2.0 / 3, nil])
        #expect(try score.value("mean_iou") == (0.5 + 2.0 / 3) / 3)
        #expect(try score.value("mean_iou_without_background") == 2.0 / 3 / 2)
        #expect(try score.value("mean_iou_of_occurring_classes") == (0.5 + 2.0 / 3) / 2)
        #expect(try score.value("pixel_accuracy") == 0.75)
    }

    /// Class 0 may be a class like others, such as the walls of rooms; then no figure leaves it out.
    @Test func onlyABackgroundIsLeftOut() throws {
        var (with, without) = (
            TaskScore(task: .semseg, classes: 2, hasBackground: true), TaskScore(task: .semseg, classes: 2)
        )
        for index in 0..<2 {
            let (prediction, label) = (row([0, 1, 1]), row([0, 0, Float(index)]))
            with.add(predictedClasses: prediction, label)
            without.add(predictedClasses: prediction, label)
        }
        let names = without.results.map(\.name)
        #expect(names == ["mean_iou", "mean_iou_of_occurring_classes", "pixel_accuracy", "frequency_weighted_iou"])
        #expect(with.results.filter { names.contains($0.name) } == without.results)
        #expect(with.results.map(\.name).filter { !names.contains($0) } == ["mean_iou_without_background"])
    }

    @Test func aTieGoesToTheFirstClass() {
        var score = TaskScore(task: .semseg, classes: 3)
        score.add(row([1, 2, 2, 0, 0, 0], channels: 3), row([1, 0]), sample: 0)
        #expect(score.intersectionOverUnion == [1, 1, nil])
    }

    @Test func edgesByHand() throws {
        // Between the scores of pixels 2 and 3 lies the best threshold: 2 of 2 edges found, 1 invented.
        var score = TaskScore(task: .edge)
        score.add(row([3, 2, 1, -1, -2, -3]), row([1, 0, 1, 0, 0, 0]), sample: 0)
        #expect(abs(try score.value("max_f_of_pixels") - 0.8) < 1e-11)
        #expect(abs(try score.value("precision_at_max_f") - 2.0 / 3) < 1e-11)
        #expect(abs(try score.value("recall_at_max_f") - 1) < 1e-11)
    }

    @Test("truth that is predicted has the average precision 1, and no curve has more")
    func averagePrecisionOfBoundaries() throws {
        // Away from the rim, which suppression fades.
        let (height, width) = (40, 40)
        let truth = PixelMap(
            height: height, width: width, channels: 1,
            values: (0..<height * width).map { $0 % width == 20 && (10..<30).contains($0 / width) ? 1 : 0 })
        func precision(_ outside: Float, _ convention: MetricConvention) throws -> Double {
            var score = TaskScore(task: .edge, convention: convention, boundaryDistance: 0.0075)
            let scores = truth.values.map { $0 == 1 ? 20 : outside }
            score.add(
                PixelMap(height: height, width: width, channels: 1, values: scores), truth, sample: 0)
            return try score.value("average_precision")
        }
        #expect(try precision(-20, .exact) == 1)
        // A band of weaker scores is suppressed to its crest, or matched less precisely at lower thresholds.
        for outside: Float in [-3, 0, 3] {
            let value = try precision(outside, .exact)
            #expect(value > 0 && value <= 1, "\(value)")
        }
        // The published programs sum 101 points of a curve that has one, as they did.
        #expect(try precision(-20, .rcm) == 0)
    }

    @Test func bytesAreComparedWithTheThresholdInFloat32() throws {
        // Byte 51 is 0.2 and not above it; byte 52 is. Both are below the next threshold, so the precision at the
        // first one tells which of them passed: one salient pixel at byte 52, one that is not at byte 51.
        let scores = [51, 52].map { Float(log(Double($0) / 255 / (1 - Double($0) / 255))) }
        #expect(scores.map { ByteRounding.nearest.byte(score: $0) } == [51, 52])
        var score = TaskScore(task: .sal, convention: .rcm)
        score.add(row(scores), row([0, 1]), sample: 0)
        #expect(try score.value("max_iou") == 1)
        // Unrounded, 0.2001 is above 0.2.
        var exact = TaskScore(task: .sal)
        exact.add(row([Float(log(0.2001 / 0.7999)), 0]), row([0, 1]), sample: 0)
        #expect(try exact.value("max_iou") == 1)
        var below = TaskScore(task: .sal)
        below.add(row([Float(log(0.2001 / 0.7999)), Float(log(0.2002 / 0.7998))]), row([0, 1]), sample: 0)
        #expect(try below.value("max_iou") == 0.5)
    }

    @Test func anglesByHand() throws {
        let half = Float(0.5).squareRoot()
        var score = TaskScore(task: .normals)
        // 0, 45, 90 and 180 degrees; the third prediction is not of unit length; the last truth is unknown.
        score.add(
            row([0, 0, 1, half, 0, half, 0, 7, 0, 0, 0, -1, 1, 0, 0], channels: 3),
            row([0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0], channels: 3), sample: 0)
        #expect(abs(try score.value("mean_angular_error") - 315.0 / 4) < 1e-5)
        #expect(abs(try score.value("median_angular_error") - 67.5) < 1e-5)
        #expect(abs(try score.value("rms_angular_error") - (45.0 * 45 * 21 / 4).squareRoot()) < 1e-5)
        #expect(try score.value("within_30_degrees") == 0.25)
    }

    @Test func theMedianOfManyPixelsComesFromTheHistogram() throws {
        // Angles of 10 + 20 i / n degrees have the median 20, to half the distance of two of them and one bin.
        let (height, width) = (1, MetricTally.pixelValueLimit + 1)
        var output = PixelMap(
            height: height, width: width, channels: 3, values: [Float](repeating: 0, count: 3 * width))
        var label = output
        for pixel in 0..<width {
            let angle = (10 + 20 * Double(pixel) / Double(width)) * Double.pi / 180
            output.values[3 * pixel] = Float(sin(angle))
            output.values[3 * pixel + 2] = Float(cos(angle))
            label.values[3 * pixel + 2] = 1
        }
        var score = TaskScore(task: .normals)
        score.add(output, label, sample: 0)
        #expect(score.tally.pixelValues.isEmpty)
        #expect(abs(try score.value("median_angular_error") - 20) < 1.0 / 2048)
    }

    @Test func aPredictionThatIsNoNumberSpoilsItsError() throws {
        var normals = TaskScore(task: .normals)
        normals.add(row([.nan, 0, 1], channels: 3), row([0, 0, 1], channels: 3), sample: 0)
        #expect(try normals.value("mean_angular_error").isNaN)
        var depth = TaskScore(task: .depth)
        depth.add(row([.nan, 1]), row([1, 1]), sample: 0)
        #expect(try depth.value("rmse").isNaN)
    }

    @Test func depthByHand() throws {
        var score = TaskScore(task: .depth)
        score.add(row([2, 5, 9]), row([1, 3, 0]), sample: 0)
        score.add(row([4]), row([4]), sample: 1)
        #expect(try score.value("rmse") == (5.0 / 3).squareRoot())
        #expect(try score.value("rmse_mean_of_images") == 2.5.squareRoot() / 2)
    }

    @Test func aWindowOfAPaddedCanvasIsScoredWithoutACopy() {
        let canvas = randomMap("canvas", height: 8, width: 9, channels: 3)
        let label = pair(.normals, 0).label
        let (height, width) = (5, 4)
        var cut: [Float] = []
        for row in 1..<1 + height {
            for column in 2..<2 + width {
                cut += canvas.values[(row * 9 + column) * 3..<(row * 9 + column) * 3 + 3]
            }
        }
        let small = PixelMap(
            height: height, width: width, channels: 3, values: Array(label.values.suffix(height * width * 3)))
        var copied = TaskScore(task: .normals)
        copied.add(
            PixelMap(height: height, width: width, channels: 3, values: cut), small, sample: 0)
        var viewed = TaskScore(task: .normals)
        canvas.withView { canvas in
            small.withView { label in
                viewed.add(output: canvas.center(height: height, width: width), label: label, sample: 0)
            }
        }
        #expect(viewed.results == copied.results)
    }
}
