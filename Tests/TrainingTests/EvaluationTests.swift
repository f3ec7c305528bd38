import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import ProgramTesting
import Tasks
import TensorCore
import Testing
import Training

/// Saved predictions score what the three reference evaluations say, and models score the same as what they predict.
@Suite struct EvaluationTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("DatasetsTests/Fixtures").path

    struct Case: Sendable, CustomStringConvertible {
        let family: String
        let set: String
        let dataset: DataSettings.Dataset
        var tasks: [LearningTask]

        var convention: MetricConvention { MetricConvention(rawValue: family)! }
        var description: String { "\(family), \(set)" }
    }

    static let pascal: [LearningTask] = [.semseg, .humanParts, .sal, .normals]
    static let nyud: [LearningTask] = [.semseg, .normals, .depth]
    static let cases = [
        Case(family: "rcm", set: "PASCAL_MT", dataset: .pascalContext, tasks: pascal),
        Case(family: "rcm", set: "NYUD_MT", dataset: .nyud, tasks: nyud),
        Case(family: "astmt", set: "PASCAL_MT_astmt", dataset: .pascalContext, tasks: pascal),
        Case(family: "astmt", set: "NYUD_MT", dataset: .nyud, tasks: nyud),
        Case(family: "mtl", set: "NYUD_MT_npy", dataset: .nyud, tasks: nyud),
    ]

    private static func configuration(_ setup: Case) -> RunConfiguration {
        var configuration = RunConfiguration()
        configuration.data.dataset = setup.dataset
        configuration.data.root = "\(fixtures)/\(setup.set)"
        configuration.tasks = setup.tasks.map { TaskSettings($0) }
        return configuration
    }

    /// Predictions of the set, with those for the right number of classes.
    private static func predictions(_ setup: Case, in folder: TemporaryFolder) throws -> PredictionFolder {
        let set = "\(fixtures)/predictions/\(setup.dataset == .pascalContext ? "PASCAL_MT" : "NYUD_MT")"
        for task in setup.tasks {
            let name = setup.set == "NYUD_MT_npy" && task == .semseg ? "semseg40" : task.name
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder.path)/\(task.name)", withDestinationPath: "\(set)/\(name)")
        }
        return PredictionFolder(folder.path)
    }

    @Test(arguments: cases)
    func figuresOfSavedPredictions(_ setup: Case) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: Self.fixtures + "/expected/metrics.json"))
        let all = try JSONSerialization.jsonObject(with: data) as! [String: Any]
        let family = all[setup.family] as! [String: Any]
        let sets = (family[setup.set] as! [String: Any])["sets"] as! [String: [String: Any]]
        let folder = try TemporaryFolder()
        let predictions = try Self.predictions(setup, in: folder)
        let depth = setup.family == "mtl" ? ("rmse", "log_rmse") : ("rmse_mean_of_images", "log_rmse_median_of_images")
        let names: [LearningTask: [(metric: String, figure: String, factor: Double)]] = [
            .semseg: [("mean_iou", "mIoU", 1)], .humanParts: [("mean_iou", "mIoU", 1)],
            .sal: [("max_iou", "mIoU", 1), ("max_f", "maxF", 1)],
            .normals: [
                ("mean_angular_error", "mean", 1), ("median_angular_error", "median", 1),
                ("rms_angular_error", "rmse", 1), ("within_11.25_degrees", "11.25", 100),
                ("within_22.5_degrees", "22.5", 100), ("within_30_degrees", "30", 100),
            ],
            .depth: [(depth.0, "rmse", 1), (depth.1, "log_rmse", 1)],
        ]
        for split in ["val", "train"] {
            let evaluation = try Evaluation(
                Self.configuration(setup), split: split, convention: setup.convention, threads: 3)
            let scores = try evaluation.scores(ofPredictions: predictions)
            #expect(scores.map(\.task) == setup.tasks.map(\.name))
            for (task, score) in zip(setup.tasks, scores) {
                let figures = sets[split]![task.name] as! [String: Any]
                for (metric, key, factor) in names[task]! {
                    let value = factor * score.results.first { $0.name == metric }!.value
                    let figure = (figures[key] as! NSNumber).doubleValue
                    // The references compute in float32; labels of normals from JPEG depend on the decoder besides.
                    let isDecoded = task == .normals && setup.set == "NYUD_MT"
                    #expect(
                        abs(value - figure) <= (isDecoded ? 1e-3 : 5e-6) * max(abs(figure), 1e-3),
                        "\(split) \(task.name) \(metric): \(value), not \(figure)")
                }
            }
        }
    }

    /// NYUD has background as a class of its own in one archive, and "wall" as the first class in the other.
    @Test(arguments: cases)
    func aFigureWithoutBackgroundIsGivenWhereThereIsOne(_ setup: Case) throws {
        let folder = try TemporaryFolder()
        let predictions = try Self.predictions(setup, in: folder)
        let evaluation = try Evaluation(Self.configuration(setup), convention: setup.convention, threads: 2)
        for (task, score) in zip(setup.tasks, try evaluation.scores(ofPredictions: predictions)) {
            let has = score.results.contains { $0.name == "mean_iou_without_background" }
            #expect(has == (task == .humanParts || task == .semseg && setup.set != "NYUD_MT_npy"), "\(task.name)")
        }
    }

    @Test func bytesScoreAsTheScoresThatTheyWereMadeOf() throws {
        for convention in [MetricConvention.rcm, .mtl] {
            let setup = Case(
                family: convention.rawValue, set: "PASCAL_MT", dataset: .pascalContext, tasks: [.edge, .sal, .normals])
            let arrays = try TemporaryFolder()
            let bytes = try TemporaryFolder()
            let source = try PascalContext(root: Self.fixtures + "/PASCAL_MT", split: "val", tasks: setup.tasks)
            let original = try Self.predictions(setup, in: arrays)
            for (index, identifier) in source.identifiers.enumerated() {
                let image = try source.sample(at: index, tasks: []).image
                for task in setup.tasks {
                    let map = try original.prediction(
                        of: task, identifier, classes: 0, height: image.height, width: image.width
                    ).map
                    let rounding = convention.byteRounding!
                    let encoded =
                        task == .normals
                        ? stride(from: 0, to: map.values.count, by: 3).flatMap { pixel in
                            let normal = map.values[pixel..<pixel + 3]
                            let (x, y, z) = (normal[pixel], normal[pixel + 1], normal[pixel + 2])
                            let length = max((x * x + y * y + z * z).squareRoot(), 1e-12)
                            return normal.map { rounding.byte(component: $0 / length) }
                        } : map.values.map { rounding.byte(score: $0) }
                    try FileManager.default.createDirectory(
                        atPath: "\(bytes.path)/\(task.name)", withIntermediateDirectories: true)
                    try PNGFile(
                        height: map.height, width: map.width, pixels: task == .normals ? .rgb(encoded) : .grey(encoded)
                    ).write(to: "\(bytes.path)/\(task.name)/\(identifier).png")
                }
            }
            let evaluation = try Evaluation(Self.configuration(setup), convention: convention, threads: 2)
            let (first, second) = (
                try evaluation.scores(ofPredictions: original),
                try evaluation.scores(ofPredictions: PredictionFolder(bytes.path))
            )
            #expect(first.dropLast().map(\.results) == second.dropLast().map(\.results))
            for (one, other) in zip(first[2].results, second[2].results) {
                // Components read from bytes are rounded to float32, which turns a normal by 2^-24 rad or so.
                #expect(abs(one.value - other.value) < 2e-5, "\(one.name)")
            }
        }
    }

    /// Δm would otherwise be the mean of the other tasks.
    @Test func aPredictionThatIsNoNumberIsNamed() throws {
        let setup = Case(family: "exact", set: "NYUD_MT", dataset: .nyud, tasks: [.normals, .depth])
        let evaluation = try Evaluation(Self.configuration(setup), convention: .exact, threads: 2)
        let broken = try TemporaryFolder()
        var alone = setup
        alone.tasks = [.normals]
        let predictions = try Self.predictions(alone, in: broken)
        let source = try NYUD(root: Self.fixtures + "/NYUD_MT", split: "val")
        for (index, identifier) in source.identifiers.enumerated() {
            let image = try source.sample(at: index, tasks: []).image
            try predictions.write(
                PixelMap(
                    height: image.height, width: image.width, channels: 1,
                    values: [Float](repeating: .nan, count: image.height * image.width)), of: .depth, identifier)
        }
        let refusal = #expect(throws: SampleError.self) { try evaluation.scores(ofPredictions: predictions) }
        #expect(refusal?.problem.hasSuffix("it is nan at row 0, column 0") == true, "\(refusal?.problem ?? "")")
    }

    @Test("over a figure of 0 no gain can be given, and that is said")
    func aBaselineOfZero() throws {
        func report(_ value: Double) -> EvaluationReport {
            let rmse = MetricResult(MetricFigure("rmse", .metres, .lower), value: value, convention: .exact)
            return EvaluationReport(
                split: "val", samples: 1, scores: [ValidationScore(classes: "depth", results: [rmse])])
        }
        var achieved = report(0.5)
        let refusal = #expect(throws: UsageError.self) { try achieved.compare(with: [report(0)]) }
        #expect(refusal?.description.hasPrefix("rmse of depth is 0 in the baseline") == true)
        try achieved.compare(with: [report(1)])
        #expect(achieved.relativeImprovementPercent == 50)
    }

    /// Δm would be the mean of the other tasks here, too.
    @Test func aTaskOfWhichNothingIsKnownIsNotPassedOver() throws {
        let setup = Case(family: "exact", set: "NYUD_MT_npy", dataset: .nyud, tasks: [.normals, .depth])
        let (saved, folder) = (try TemporaryFolder(), try TemporaryFolder())
        let predictions = try Self.predictions(setup, in: saved)
        var configuration = Self.configuration(setup)
        func report() throws -> EvaluationReport {
            let evaluation = try Evaluation(configuration, threads: 2)
            return EvaluationReport(
                split: "val", samples: 2, scores: try evaluation.scores(ofPredictions: predictions))
        }
        let good = try report()
        let root = folder.path + "/NYUD"
        try FileManager.default.copyItem(atPath: "\(Self.fixtures)/\(setup.set)", toPath: root)
        let source = try NYUD(root: root, split: "val")
        for (index, identifier) in source.identifiers.enumerated() {
            let image = try source.sample(at: index, tasks: []).image
            let unknown = [Float](repeating: 0, count: image.height * image.width)
            try Data(NumPyArray.encoded(unknown, shape: [image.height, image.width])).write(
                to: URL(fileURLWithPath: "\(root)/depth/\(identifier).npy"))
        }
        configuration.data.root = root
        var lacking = try report()
        #expect(lacking.rows.filter(\.isCompared).map(\.task) == ["normals", "depth"])
        let row = try #require(lacking.rows.last)
        #expect(row.task == "depth" && !row.isKnown && row.value == nil && row.result == nil)
        // What is undefined is null in JSON, and not left out.
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(row)) as? [String: Any]
        #expect(json?["value"] is NSNull)
        let refusal = #expect(throws: UsageError.self) { try lacking.compare(with: [good]) }
        #expect(refusal?.description.contains("nothing is known of depth") == true)
        var whole = good
        #expect(throws: UsageError.self) { try whole.compare(with: [lacking]) }
    }

    /// As networks give them: a score for every class, of which the largest wins.
    @Test func scoresOfClassesCountAsTheClassThatWins() throws {
        let setup = Case(family: "rcm", set: "PASCAL_MT", dataset: .pascalContext, tasks: [.humanParts])
        let evaluation = try Evaluation(Self.configuration(setup), convention: .rcm, threads: 2)
        let (classes, scores) = (try TemporaryFolder(), try TemporaryFolder())
        let expected = try evaluation.scores(ofPredictions: Self.predictions(setup, in: classes))
        let set = "\(Self.fixtures)/predictions/PASCAL_MT"
        let folder = scores.path + "/human_parts"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        for name in try FileManager.default.contentsOfDirectory(atPath: set + "/human_parts") {
            let given = "\(set)/human_parts_scores/\(name)"
            let hasScores = FileManager.default.fileExists(atPath: given)
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/\(name)", withDestinationPath: hasScores ? given : "\(set)/human_parts/\(name)")
        }
        let array = try NumPyArray(folder + "/2008_000612.npy")
        #expect(array.shape.count == 3 && array.shape[0] == 7)
        let found = try evaluation.scores(ofPredictions: PredictionFolder(scores.path))
        #expect(found.map(\.results) == expected.map(\.results))
    }

    @Test func missingAndMisfitPredictionsAreNamed() throws {
        let setup = Case(family: "rcm", set: "PASCAL_MT", dataset: .pascalContext, tasks: [.sal])
        let evaluation = try Evaluation(Self.configuration(setup), convention: .rcm, threads: 2)
        let folder = try TemporaryFolder()
        let predictions = PredictionFolder(folder.path)
        let map = PixelMap(height: 2, width: 3, channels: 1, values: [0, 1, 2, 3, 4, 5])
        try predictions.write(map, of: .sal, "2008_000612")
        let missing = #expect(throws: UsageError.self) { try evaluation.scores(ofPredictions: predictions) }
        #expect(missing?.description.contains("sample 2010_000945") == true)
        #expect(missing?.description.contains("2008_000612") == false)
        try predictions.write(map, of: .sal, "2010_000945")
        let misfit = #expect(throws: SampleError.self) { try evaluation.scores(ofPredictions: predictions) }
        #expect(misfit?.description.contains("2 x 3 pixels") == true)
    }

    @Test func aModelScoresAsItsSavedPredictions() throws {
        let folder = try TemporaryFolder()
        let configuration = try RunConfiguration.parse(
            """
            model: {width: 4, method: rcm, aspp: 8, low: 4}
            tasks: {semseg: {weight: 1}, normals: {weight: 10}, edge: {weight: 50}, human_parts: {weight: 2}, sal: {weight: 5}, depth: {weight: 1}}
            data: {crop: [33, 40], workers: 1, rooms: {train: 7, validation: 5, size: [36, 44]}}
            training: {iterations: 2, batch: 3, learning_rate: 0.01}
            """, file: "test.yaml")
        try TrainerTests.train(configuration, in: folder, run: "run")
        let evaluation = try Evaluation(configuration, threads: 2)
        let saved = PredictionFolder(folder.path + "/saved")
        let kernels = Kernels(.best, choice: .auto)
        let scores = try evaluation.scores(
            ofModel: folder.path + "/run", kernels: kernels, pool: ThreadPool(threads: 2), saving: saved)
        #expect(scores.map(\.task) == configuration.tasks.map(\.name))
        #expect(scores.first { $0.task == "edge" }?.results.first?.name == "ods_f")
        #expect(try evaluation.scores(ofPredictions: saved).map(\.results) == scores.map(\.results))
        let alone = try Evaluation(configuration, threads: 1).scores(
            ofModel: folder.path + "/run/model", kernels: kernels, pool: ThreadPool(threads: 1))
        #expect(alone.map(\.results) == scores.map(\.results))

        var report = EvaluationReport(split: "val", samples: 5, scores: scores)
        try report.compare(with: [report])
        #expect(report.relativeImprovementPercent == 0)
        // A fleet: one baseline for each task.
        let fleet = scores.map { EvaluationReport(split: "val", samples: 5, scores: [$0]) }
        try report.compare(with: fleet.reversed())
        #expect(report.relativeImprovementPercent == 0 && report.rows.allSatisfy { $0.baseline == $0.value })
        let lacking = EvaluationReport(split: "val", samples: 5, scores: Array(scores.dropLast()))
        #expect(throws: UsageError.self) { try report.compare(with: [lacking]) }
        #expect(throws: UsageError.self) { try report.compare(with: [report, lacking]) }
    }

    /// A network looks at all that is in its frame, so one for the largest picture would change what it says of others.
    @Test func aPictureOfAFolderScoresTheSameBesideLargerOnes() throws {
        let folder = try TemporaryFolder()
        var configuration = try RunConfiguration.parse(
            """
            model: {width: 4, method: rcm, aspp: 8, low: 4}
            tasks: {depth: {weight: 1}}
            data: {crop: [33, 40], workers: 1, rooms: {train: 3, validation: 2, size: [36, 44]}}
            training: {iterations: 1, batch: 3, learning_rate: 0.01}
            """, file: "test.yaml")
        try TrainerTests.train(configuration, in: folder, run: "run")
        for name in ["images", "depth"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/data/\(name)", withIntermediateDirectories: true)
        }
        for (name, height, width) in [("a", 36, 44), ("b", 70, 51), ("c", 36, 44), ("d", 44, 36)] {
            let grey = (0..<height * width).map { UInt8(($0 * 7) % 251) }
            try PNGFile(height: height, width: width, pixels: .grey(grey)).write(
                to: "\(folder.path)/data/images/\(name).png")
            let metres = grey.map { 1 + Float($0) / 100 }
            try Data(NumPyArray.encoded(metres, shape: [height, width])).write(
                to: URL(fileURLWithPath: "\(folder.path)/data/depth/\(name).npy"))
        }
        configuration.data.dataset = .folder
        configuration.data.root = folder.path + "/data"
        func evaluate(_ names: [String], _ split: String, threads: Int = 2) throws -> [ValidationScore] {
            let list = URL(fileURLWithPath: "\(folder.path)/data/\(split).txt")
            try Data(names.joined(separator: "\n").utf8).write(to: list)
            return try Evaluation(configuration, split: split, threads: threads).scores(
                ofModel: folder.path + "/run", kernels: Kernels(.best, choice: .auto),
                pool: ThreadPool(threads: threads), saving: PredictionFolder("\(folder.path)/\(split)"))
        }
        _ = try evaluate(["a"], "alone")
        let scores = try evaluate(["a", "b", "c", "d"], "all")
        #expect(try evaluate(["a", "b", "c", "d"], "again", threads: 1).map(\.results) == scores.map(\.results))
        let (alone, all) = (try folder.files(below: "alone"), try folder.files(below: "all"))
        #expect(all.count == 4 && alone.count == 1)
        #expect(alone["depth/a.npy"] != nil && all["depth/a.npy"] == alone["depth/a.npy"])
        #expect(all["depth/c.npy"] == alone["depth/a.npy"])
        let saved = PredictionFolder(folder.path + "/all")
        let again = try Evaluation(configuration, split: "all", threads: 2).scores(ofPredictions: saved)
        #expect(again.map(\.results) == scores.map(\.results))
    }

    @Test func aModelWithoutTheTasksIsRefused() throws {
        let folder = try TemporaryFolder()
        var configuration = try TrainerTests.configuration()
        try TrainerTests.train(configuration, in: folder, run: "run")
        configuration.tasks = [TaskSettings(.depth)]
        let evaluation = try Evaluation(configuration, threads: 1)
        #expect(throws: UsageError.self) {
            try evaluation.scores(
                ofModel: folder.path + "/run", kernels: Kernels(.best, choice: .auto), pool: ThreadPool(threads: 1))
        }
        #expect(throws: UsageError.self) { try Evaluation(configuration, split: "test", threads: 1) }
    }
}
