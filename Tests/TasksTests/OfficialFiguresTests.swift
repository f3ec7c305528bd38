import Datasets
import Tasks
import Testing

/// Scores of made-up predictions against figures of the three reference evaluations.
@Suite struct OfficialFiguresTests {
    private let pascal = ["2008_000612", "2010_000945"]
    private let nyud = ["7", "21"]

    private func classScore(
        _ set: String, _ pictures: [String], _ task: LearningTask, classes: Int, prediction: String? = nil,
        relabel: (Float) -> Float = { $0 }
    ) throws -> TaskScore {
        var score = TaskScore(task: task, classes: classes, convention: .rcm)
        for picture in pictures {
            var label = try FixtureMap.label(set, picture, task.name)
            label.values = label.values.map(relabel)
            let map = try FixtureMap.prediction(set, picture, prediction ?? task.name)
            score.add(predictedClasses: map, label)
        }
        return score
    }

    private func mapScore(
        _ set: String, _ pictures: [String], _ task: LearningTask, _ convention: MetricConvention
    ) throws -> TaskScore {
        var score = TaskScore(task: task, convention: convention)
        for (index, picture) in pictures.enumerated() {
            score.add(
                try FixtureMap.prediction(set, picture, task.name),
                try FixtureMap.label(set, picture, task.name), sample: index)
        }
        return score
    }

    @Test func semanticSegmentationOfPascal() throws {
        let score = try classScore("pascal", pascal, .semseg, classes: 21)
        #expect(agree(try score.value("mean_iou"), 0.177145761))
        let expected: [Int: Double] = [
            0: 0.914166756, 5: 0.628865979, 10: 0.853211009, 13: 0.645038168, 15: 0.67877907,
        ]
        for (index, share) in score.intersectionOverUnion.enumerated() {
            #expect(agree(share ?? 0, expected[index] ?? 0), "class \(index)")
        }
    }

    @Test func semanticSegmentationOfNYUD() throws {
        let score = try classScore("nyud", nyud, .semseg, classes: 41)
        #expect(agree(try score.value("mean_iou"), 0.174359871))
        let single = try classScore("nyud", ["7"], .semseg, classes: 41)
        #expect(agree(try single.value("mean_iou"), 0.158688598))
    }

    @Test func semanticSegmentationOfNYUDWithoutBackground() throws {
        let score = try classScore(
            "nyud", nyud, .semseg, classes: 40, prediction: "semseg40", relabel: { $0 == 0 ? 255 : $0 - 1 })
        #expect(agree(try score.value("mean_iou"), 0.166569318))
    }

    @Test func humanPartsLeaveOutPicturesWithoutParts() throws {
        let score = try classScore("pascal", pascal, .humanParts, classes: 7)
        #expect(score.tally.counts[0] == 1)
        #expect(agree(try score.value("mean_iou"), 0.464103562))
        let expected = [0.85694051, 0.528571429, 0.675159236, 0.35, 0.105421687, 0.334782609, 0.397849462]
        for (share, figure) in zip(score.intersectionOverUnion, expected) {
            #expect(agree(share ?? 0, figure))
        }
    }

    @Test(arguments: [
        (MetricConvention.rcm, ["2008_000612", "2010_000945"], 0.892947886, 0.807295648),
        (.rcm, ["2008_000612"], 0.870748299, 0.771084337),
        (.rcm, ["2010_000945"], 0.915951973, 0.844936709),
        // Nothing is salient there: IoU is 1 where nothing is predicted either, F is 0 throughout.
        (.rcm, ["2008_000057"], 0, 1),
        (.astmt, ["2008_000612", "2010_000945"], 0.892051162, 0.805761906),
        (.astmt, ["2008_000612"], 0.871495327, 0.772256729),
        (.mtl, ["2010_000945"], 0.914089347, 0.841772152),
    ])
    func saliency(convention: MetricConvention, pictures: [String], largestF: Double, largestIoU: Double) throws {
        let score = try mapScore("pascal", pictures, .sal, convention)
        #expect(agree(try score.value("max_f"), largestF))
        #expect(agree(try score.value("max_iou"), largestIoU))
    }

    struct NormalsFigures: Sendable {
        let mean, median, rms, within11, within22, within30: Double
        let pixels: Int
    }

    @Test(arguments: [
        (
            "pascal", ["2008_000612"], MetricConvention.rcm,
            NormalsFigures(
                mean: 11.0781708, median: 9.87400246, rms: 12.7681068, within11: 58.1434958, within22: 94.2303598,
                within30: 99.2548435, pixels: 4697)
        ),
        (
            "pascal", ["2008_000612"], .astmt,
            NormalsFigures(
                mean: 11.1480244, median: 10.0066076, rms: 12.8412372, within11: 57.4835001, within22: 94.1026187,
                within30: 99.2122631, pixels: 4697)
        ),
        (
            "nyud", ["7", "21"], .mtl,
            NormalsFigures(
                mean: 15.760541, median: 14.378849, rms: 18.1557768, within11: 34.2738252, within22: 81.6502588,
                within30: 92.8042221, pixels: 9853)
        ),
    ])
    func normals(
        set: String, pictures: [String], convention: MetricConvention, figures: NormalsFigures
    ) throws {
        let score = try mapScore(set, pictures, .normals, convention)
        #expect(score.tally.scoredPixels == figures.pixels)
        #expect(agree(try score.value("mean_angular_error"), figures.mean))
        #expect(agree(try score.value("median_angular_error"), figures.median))
        #expect(agree(try score.value("rms_angular_error"), figures.rms))
        #expect(agree(100 * (try score.value("within_11.25_degrees")), figures.within11))
        #expect(agree(100 * (try score.value("within_22.5_degrees")), figures.within22))
        #expect(agree(100 * (try score.value("within_30_degrees")), figures.within30))
    }

    @Test func normalsThatWereNotStoredInBytes() throws {
        let score = try mapScore("nyud", nyud, .normals, .exact)
        #expect(agree(try score.value("mean_angular_error"), 15.7774377))
        #expect(agree(100 * (try score.value("within_11.25_degrees")), 34.1317365))
        #expect(agree(100 * (try score.value("within_30_degrees")), 92.8143713))
    }

    @Test func depthPerImageWithUnknownPixelsScored() throws {
        let score = try mapScore("nyud", nyud, .depth, .rcm)
        #expect(agree(try score.value("rmse_mean_of_images"), 0.646340688))
        #expect(agree(try score.value("log_rmse_median_of_images"), 3.23000232))
        #expect(score.primary?.name == "rmse_mean_of_images")
    }

    @Test(arguments: [MetricConvention.mtl, .exact])
    func depthPooledOverKnownPixels(convention: MetricConvention) throws {
        let score = try mapScore("nyud", nyud, .depth, convention)
        #expect(agree(try score.value("rmse"), 0.454419604))
        #expect(agree(try score.value("log_rmse"), 0.479523131))
        #expect(score.primary?.name == "rmse")
    }

    @Test func bytesOfPredictions() throws {
        let scores = try FixtureMap.prediction("pascal", "2008_000612", "sal").values
        let positions = [132, 190, 479, 840, 1567, 1650, 2053, 2698, 2798, 2852, 3263, 3337, 3794, 3893, 4255, 4657]
        let nearest = scores.map { Int(ByteRounding.nearest.byte(score: $0)) }
        #expect(nearest.reduce(0, +) == 242047)
        #expect(
            positions.map { nearest[$0] } == [1, 23, 1, 6, 152, 254, 175, 1, 243, 1, 118, 226, 37, 1, 28, 71])
        #expect(scores.reduce(0) { $0 + Int(ByteRounding.truncated.byte(score: $1)) } == 240235)

        let normals = try FixtureMap.prediction("pascal", "2008_000612", "normals").values
        var sums = (nearest: 0, truncated: 0)
        for pixel in stride(from: 0, to: normals.count, by: 3) {
            let length = normals[pixel..<pixel + 3].reduce(0) { $0 + $1 * $1 }.squareRoot()
            for component in normals[pixel..<pixel + 3] {
                sums.nearest += Int(ByteRounding.nearest.byte(component: component / length))
                sums.truncated += Int(ByteRounding.truncated.byte(component: component / length))
            }
        }
        #expect(sums == (2_516_887, 2_509_471))
    }
}
