import Datasets
import Foundation
import Tasks
import TensorCore
import Testing

/// Figures against those of NumPy and scikit-learn (Scripts/metrics.py), and what all metrics promise about order.
@Suite struct MetricFiguresTests {
    /// One kind of task in Fixtures/metrics.json.
    private struct Kind: Decodable {
        struct Map: Decodable {
            let height: Int
            let width: Int
            let values: [Double?]

            func map(channels: Int) -> PixelMap {
                PixelMap(
                    height: height, width: width, channels: channels,
                    values: values.map { $0.map { Float($0) } ?? .nan })
            }
        }

        let outputs: [Map]
        let labels: [Map]
        let figures: [String: Double]
        var parts: [String: [Double]]?
        var confusion: [[Int]]?
        var means: [Double]?
    }

    private static func kind(_ name: String) throws -> Kind {
        let file = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/metrics.json")
        let kinds = try JSONDecoder().decode([String: Kind].self, from: Data(contentsOf: file))
        return try #require(kinds[name])
    }

    private static func metric(
        _ kind: TaskKind, channels: Int = 1, _ rule: ScoreRule = .pixels, classes: Int = 0, hasBackground: Bool = false,
        by convention: MetricConvention = .exact
    ) -> any TaskMetric {
        var task = LearningTask("any", kind)
        (task.channels, task.scoreRule) = (channels, rule)
        return task.metric(
            classes: classes, hasBackground: hasBackground, convention: convention, boundaryDistance: nil)
    }

    private func score(_ metric: any TaskMetric, _ kind: Kind, order: [Int] = [0, 1, 2]) -> TaskScore {
        var score = TaskScore(metric, convention: .exact)
        for sample in order {
            score.add(
                kind.outputs[sample].map(channels: metric.outputChannels),
                kind.labels[sample].map(channels: metric.labelChannels), sample: sample)
        }
        return score
    }

    /// Sums of some hundred Doubles in another order, and the references' own roundings.
    private func expectEqual(_ value: Double?, _ expected: Double, _ name: String) {
        #expect(value.map { abs($0 - expected) <= 1e-11 * max(abs(expected), 1) } == true, "\(name): \(value as Any)")
    }

    private func expectFigures(_ score: TaskScore, _ kind: Kind) throws {
        for (name, expected) in kind.figures { expectEqual(try score.value(name), expected, name) }
    }

    @Test func classesAreThoseOfScikitLearn() throws {
        let kind = try Self.kind("classes")
        let metric = Self.metric(.classes, classes: 5, hasBackground: false)
        var score = TaskScore(metric, convention: .exact)
        for (sample, (output, label)) in zip(kind.outputs, kind.labels).enumerated() {
            label.map(channels: 1).withView {
                score.add(stored: .classes(output.map(channels: 1)), label: $0, sample: sample)
            }
        }
        try expectFigures(score, kind)
        let breakdown = try #require(score.breakdown)
        #expect(breakdown.confusion == kind.confusion)
        #expect(breakdown.known == kind.confusion?.map { $0.reduce(0, +) })
        for (name, expected) in try #require(kind.parts) {
            for (index, value) in breakdown.values(of: name).enumerated() {
                // Class 4 occurs nowhere, where scikit-learn says 0.
                if index == 4 {
                    #expect(value == nil)
                } else {
                    expectEqual(value, expected[index], "\(name) of \(index)")
                }
            }
        }
    }

    @Test func scoresAreThoseOfScikitLearn() throws {
        let kind = try Self.kind("scores")
        let score = score(Self.metric(.score, channels: 3, by: .exact), kind)
        try expectFigures(score, kind)
        let parts = try #require(kind.parts)
        let breakdown = try #require(score.breakdown)
        for name in ["max_f_of_pixels", "average_precision_of_pixels"] {
            let values = breakdown.values(of: name)
            for channel in 0..<2 { expectEqual(values[channel], parts[name]![channel], "\(name) of \(channel)") }
            #expect(values[2] == nil, "nothing is positive in it")
        }
        // Rounding to levels exchanges a few neighbours only.
        let exact = parts["unrounded_average_precision"]![0]
        #expect(abs(breakdown.values(of: "average_precision_of_pixels")[0]! - exact) < 2e-3)
    }

    @Test func distancesAreThoseOfNumPy() throws {
        let kind = try Self.kind("distances")
        try expectFigures(score(Self.metric(.distance, by: .exact), kind), kind)
    }

    /// The published rules score unknown depth as 1e-9 m, which relative errors and δ never see.
    @Test func relativeErrorsAreOfKnownDistancesByAllRules() throws {
        let kind = try Self.kind("distances")
        let score = score(Self.metric(.distance, by: .rcm), kind)
        for name in ["abs_rel", "sq_rel", "within_1.25", "within_1.25_squared", "within_1.25_cubed", "silog"] {
            expectEqual(try score.value(name), kind.figures[name]!, name)
        }
        #expect(score.primary?.name == "rmse_mean_of_images")
    }

    @Test func valuesAreThoseOfScikitLearn() throws {
        let kind = try Self.kind("values")
        let score = score(Self.metric(.value, channels: 3), kind)
        try expectFigures(score, kind)
        let breakdown = try #require(score.breakdown)
        for (name, expected) in try #require(kind.parts) {
            for (channel, value) in breakdown.values(of: name).enumerated() {
                expectEqual(value, expected[channel], "\(name) of \(channel)")
            }
        }
        var fit = ConstantFit(.means(channels: 3))
        for (sample, label) in kind.labels.enumerated() {
            label.map(channels: 3).withView { fit.add(label: $0, sample: sample) }
        }
        #expect(fit.predictor()?.values == kind.means?.map { Float($0) })
    }

    /// Where all truths are equal R² is that of scikit-learn's `force_finite`, and one value has none.
    @Test func determinationWithoutSpread() throws {
        func score(_ predictions: [Float], _ truths: [Float]) throws -> Double {
            var score = TaskScore(Self.metric(.value, channels: 1), convention: .exact)
            let (height, width) = (1, truths.count)
            score.add(
                PixelMap(height: height, width: width, channels: 1, values: predictions),
                PixelMap(height: height, width: width, channels: 1, values: truths), sample: 0)
            return try score.value("r2")
        }
        #expect(try score([2, 2], [2, 2]) == 1)
        #expect(try score([2, 3], [2, 2]) == 0)
        #expect(try score([2, .nan], [2, 2]).isNaN)
        #expect(try score([2, 3, 5], [2, .nan, .nan]).isNaN)
        // The mean of the truth is what 0 stands for.
        #expect(try score([3, 3], [2, 4]) == 0)
    }

    @Test func aPredictionOfNoNumberIsFoundNowhereAndSpoilsErrors() throws {
        func map(_ values: [Float], _ channels: Int = 1) -> PixelMap {
            PixelMap(height: 1, width: values.count / channels, channels: channels, values: values)
        }
        var score = TaskScore(Self.metric(.score, channels: 1, by: .exact), convention: .exact)
        score.add(map([.nan, 5, -5]), map([1, 1, 0]), sample: 0)
        // The second is found first; the first comes with the lowest level, behind the third.
        #expect(abs(try score.value("average_precision_of_pixels") - (1 + 2.0 / 3) / 2) < 1e-12)
        var values = TaskScore(Self.metric(.value, channels: 2), convention: .exact)
        values.add(map([.nan, 1, 2, 2], 2), map([1, 1, 1, 1], 2), sample: 0)
        #expect(try values.value("rmse").isNaN && values.value("end_point_error").isNaN)
        #expect(values.breakdown?.values(of: "mae")[1] == 0.5)
        var distance = TaskScore(Self.metric(.distance, by: .exact), convention: .exact)
        distance.add(map([.nan, 1]), map([1, 1]), sample: 0)
        #expect(try distance.value("abs_rel").isNaN && distance.value("within_1.25") == 0.5)
    }

    /// A picture twice as far everywhere is off by its scale alone.
    @Test func theScaleInvariantErrorLeavesEachPicturesScaleFree() throws {
        let label = PixelMap(height: 1, width: 3, channels: 1, values: [1, 2.5, 7])
        var score = TaskScore(Self.metric(.distance, by: .exact), convention: .exact)
        for (sample, factor) in [Float(2), 0.25].enumerated() {
            var output = label
            output.values = label.values.map { factor * $0 }
            score.add(output, label, sample: sample)
        }
        #expect(try score.value("silog") < 1e-15)
        #expect(try score.value("abs_rel") == (1 + 0.75) / 2)
    }

    private static let metrics: [(name: String, metric: any TaskMetric)] = [
        ("classes", Self.metric(.classes, classes: 4, hasBackground: true)),
        ("scores", Self.metric(.score, channels: 3, by: .exact)),
        ("scores of images", Self.metric(.score, channels: 2, .images, by: .exact)),
        ("scores in bytes", Self.metric(.score, channels: 2, .images, by: .mtl)),
        ("directions", Self.metric(.direction, by: .exact)),
        ("distances", Self.metric(.distance, by: .exact)),
        ("values", Self.metric(.value, channels: 3)),
    ]

    /// Whole numbers of a class or truth, or any real numbers, some of them unknown.
    private func pair(_ metric: any TaskMetric, _ name: String, _ sample: Int) -> (output: PixelMap, label: PixelMap) {
        let (height, width) = (5 + sample, 9)
        func map(_ part: String, _ channels: Int, _ value: (Float) -> Float) -> PixelMap {
            let stream = RandomStream("\(name).\(part).\(sample)")
            return PixelMap(
                height: height, width: width, channels: channels,
                values: (0..<height * width * channels).map { value(stream.signed(UInt64($0))) })
        }
        let label: (Float) -> Float =
            switch name {
            case "classes": { $0 > 0.8 ? 255 : min(Float(Int(abs($0) * 5)), 3) }
            case "directions": { $0 }
            case "distances": { $0 > 0.8 ? 0 : 3 + $0 }
            case "values": { $0 > 0.8 ? .nan : 40 * $0 }
            default: { $0 > 0.8 ? 255 : $0 > 0.3 ? 1 : 0 }
            }
        return (map("output", metric.outputChannels) { 6 * $0 }, map("label", metric.labelChannels, label))
    }

    @Test(arguments: metrics.indices)
    func figuresDoNotDependOnOrderOrRanks(index: Int) throws {
        let (name, metric) = Self.metrics[index]
        func score(_ samples: [Int]) -> TaskScore {
            var score = TaskScore(metric, convention: .exact)
            for sample in samples {
                let pair = pair(metric, name, sample)
                score.add(pair.output, pair.label, sample: sample)
            }
            return score
        }
        let whole = score(Array(0..<7))
        #expect(whole.results.count == metric.figures.count && whole.results.allSatisfy { $0.value.isFinite })
        var merged = score([5, 2])
        merged.merge(score([6, 0, 4]))
        merged.merge(score([3, 1]))
        #expect(merged.results == whole.results)
        #expect(merged.breakdown == whole.breakdown)
        // As ranks do it: counts are added up, and the rest is gathered.
        let parts = [score([4, 5, 6]).tally, score([0, 1, 2, 3]).tally]
        let counts = zip(parts[0].counts, parts[1].counts).map { $0 + $1 }
        var reduced = TaskScore(metric, convention: .exact)
        func gathered(_ part: MetricTally, _ counts: [Int64]) -> MetricTally {
            metric.emptyTally.replacing(
                counts: counts, samples: part.samples, rows: part.rows, pixelValues: part.pixelValues)
        }
        reduced.tally = gathered(parts[0], counts)
        reduced.tally.merge(gathered(parts[1], [Int64](repeating: 0, count: counts.count)))
        #expect(reduced.results == whole.results)
        #expect(reduced.breakdown == whole.breakdown)
    }

    /// A figure's name is one figure: files and tables tell figures apart by it.
    @Test(arguments: metrics.indices)
    func figuresHaveNamesOfTheirOwn(index: Int) {
        let names = Self.metrics[index].metric.figures.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { !$0.contains("/") && !$0.contains(" ") })
    }
}
