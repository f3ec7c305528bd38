import Collectives
import Configuration
import ConvolutionEngine
import Foundation
import ProgramTesting
import Tasks
import TensorCore
import Testing
import Training

/// Which validation of a run is its best, and when a run ends for want of a better one.
@Suite struct BestModelTests {
    private static let share = MetricFigure("mean_iou", .share, .higher)
    private static let error = MetricFigure("rmse", .metres, .lower)

    /// A validation of one task, or of two; nil where nothing is known of a task.
    private func scores(_ values: [(task: String, figure: MetricFigure, value: Double?)]) -> [ValidationScore] {
        values.map { task, figure, value in
            ValidationScore(
                classes: task, results: value.map { [MetricResult(figure, value: $0, convention: .exact)] } ?? [])
        }
    }

    /// The steps that were the best when they came, of validations after steps 1, 2, …; and the course in the end.
    private func course(_ figure: MetricFigure, _ values: [Double]) -> (gains: [Int], course: ValidationCourse) {
        var course = ValidationCourse(BestCriterion([.init(task: "t", figure: figure)]))
        let gains = values.indices.filter { course.add(scores([("t", figure, values[$0])]), step: $0 + 1) }
        return (gains.map { $0 + 1 }, course)
    }

    @Test func moreOfAShareAndLessOfAnErrorAreBetter() {
        #expect(course(Self.share, [0.2, 0.5, 0.4, 0.6]).gains == [1, 2, 4])
        #expect(course(Self.error, [2, 3, 1.5, 1]).gains == [1, 3, 4])
        // The direction is the figure's, whatever its unit.
        #expect(course(MetricFigure("miss_rate", .share, .lower), [0.2, 0.5, 0.1]).gains == [1, 3])
    }

    @Test func ofEqualsTheEarlierStays() {
        let (gains, course) = course(Self.error, [2, 1, 1, 1])
        #expect(gains == [1, 2] && course.best?.step == 2 && course.withoutGain == 2)
    }

    @Test func whatIsNotFiniteIsNeverTheBest() {
        let (gains, course) = course(Self.error, [.nan, -.infinity, 3, .nan, 2])
        #expect(gains == [3, 5] && course.best?.step == 5 && course.best?.value == 2)
        let (none, never) = self.course(Self.share, [.nan, .infinity])
        #expect(none.isEmpty && never.best == nil && never.withoutGain == 2)
    }

    @Test func aStepThatIsValidatedAgainCountsOnce() {
        var course = ValidationCourse(BestCriterion([.init(task: "t", figure: Self.share)]))
        for _ in 0..<2 { _ = course.add(scores([("t", Self.share, 0.5)]), step: 4) }
        #expect(course.withoutGain == 0)
        for _ in 0..<2 { _ = course.add(scores([("t", Self.share, 0.4)]), step: 8) }
        #expect(course.withoutGain == 1 && course.best?.step == 4)
    }

    @Test func severalTasksAreComparedByTheirMeanGainOverTheFirstValidation() throws {
        let terms = [("a", Self.share), ("b", Self.error), ("c", Self.share)].map {
            BestCriterion.Term(task: $0, figure: $1)
        }
        var course = ValidationCourse(BestCriterion(terms))
        func add(_ a: Double, _ b: Double, step: Int) -> Bool {
            // No label of c is known.
            course.add(scores([("a", Self.share, a), ("b", Self.error, b), ("c", Self.share, nil)]), step: step)
        }
        // Nothing is measured against 0.
        #expect(!add(0, 5, step: 1) && course.best == nil)
        #expect(add(0.4, 4, step: 2) && course.best?.value == 0)
        // +25 % and −50 %
        #expect(!add(0.5, 6, step: 3))
        // −25 % and +50 %
        #expect(add(0.3, 2, step: 4))
        #expect(abs(try #require(course.best).value - 12.5) < 1e-12)
        #expect(!add(.nan, 0.1, step: 5) && course.withoutGain == 1)
    }

    // MARK: Runs

    /// What a run said of its validations.
    private final class Told {
        /// The first task's primary figure, by step.
        var figures: [Int: Double] = [:]
        /// The model's files as they were after each validation.
        var models: [Int: [String: Data]] = [:]
        var course: ValidationCourse?
        var notes: [String] = []
    }

    private static func configuration(_ overrides: [String] = []) throws -> RunConfiguration {
        // A rate that is far too high makes figures jump.
        try TrainerTests.configuration(
            ["training.iterations=10", "training.learning_rate=0.3", "training.validate_every=1"] + overrides)
    }

    @discardableResult
    private static func train(
        _ configuration: RunConfiguration, in folder: TemporaryFolder, run: String, resume: Bool = false,
        stopAfter stop: Int? = nil, _ told: Told = Told()
    ) throws -> Trainer.Ending {
        try TrainerTests.train(configuration, in: folder, run: run, resume: resume, stopAfter: stop) { event in
            switch event {
            case .validated(let step, let scores): told.figures[step] = scores[0].results[0].value
            case .judged(_, let course): told.course = course
            case .pictured(let step, _): told.models[step] = try? folder.files(below: run + "/model")
            case .noticed(let text): told.notes.append(text)
            default: break
            }
        }
    }

    private static func validated(_ folder: TemporaryFolder, _ run: String) throws -> RunFolder {
        try RunFolder(reading: "\(folder.path)/\(run)")
    }

    /// The first step whose figure no other surpasses.
    private static func best(_ figures: [Int: Double], isError: Bool) -> Int? {
        let value = isError ? figures.values.min() : figures.values.max()
        return figures.filter { $0.value == value }.keys.min()
    }

    @Test(arguments: [("normals", "mean_angular_error", true), ("normals", "within_30_degrees", false)])
    func theBestModelIsTheOneOfItsStep(task: String, figure: String, isError: Bool) throws {
        let folder = try TemporaryFolder()
        let told = Told()
        let configuration = try Self.configuration(["tasks={normals: {}}", "output.keep_best=\(task).\(figure)"])
        var figures: [Int: Double] = [:]
        try TrainerTests.train(configuration, in: folder, run: "run") { event in
            if case .validated(let step, let scores) = event {
                figures[step] = scores[0].results.first { $0.name == figure }!.value
            }
            if case .pictured(let step, _) = event { told.models[step] = try? folder.files(below: "run/model") }
        }
        let run = try Self.validated(folder, "run")
        let best = try #require(Self.best(figures, isError: isError))
        #expect(run.bestModel?.step == best && run.validatedModel?.step == 10)
        #expect(run.bestModel?.figures[task]?[figure] == figures[best])
        var files = try folder.files(below: "run/best")
        #expect(files.removeValue(forKey: "validation.json") != nil)
        #expect(files == told.models[best])
        #expect(try folder.files(below: "run/model") == told.models[10])
    }

    /// Figures of three tasks, a stop by itself, and a checkpoint that some validations come after.
    @Test(arguments: [["output.keep_best=true"], ["output.keep_best=true", "training.stop_after=1"]])
    func aRunThatGoesOnHasTheSameBestAndTheSameEnd(overrides: [String]) throws {
        let folder = try TemporaryFolder()
        let configuration = try Self.configuration(overrides + ["training.checkpoint_every=3"])
        let whole = Told()
        guard case .finished(let result) = try Self.train(configuration, in: folder, run: "whole", whole) else {
            Issue.record("the run did not finish")
            return
        }
        let best = try folder.files(below: "whole/best")
        let end = result.step
        #expect(best.count == 6 && whole.course?.best != nil)
        #expect(overrides.count == 1 ? end == 10 : end < 10, "ended after step \(end)")
        for stop in 1..<end {
            let run = "stopped-\(stop)"
            let told = Told()
            try Self.train(configuration, in: folder, run: run, stopAfter: stop, told)
            guard
                case .finished(let result) = try Self.train(configuration, in: folder, run: run, resume: true, told)
            else {
                Issue.record("the run did not finish")
                return
            }
            #expect(result.step == end && told.course == whole.course, "stopped after \(stop)")
            #expect(try folder.files(below: run + "/best") == best, "stopped after \(stop)")
            for part in ["model", String(format: "checkpoints/%08d", end)] {
                #expect(try folder.files(below: "\(run)/\(part)") == folder.files(below: "whole/\(part)"), "\(part)")
            }
        }
    }

    /// The end is where the figures themselves say, and a run that ended so may go on.
    @Test func aRunEndsAfterSoManyValidationsWithoutAGain() throws {
        let folder = try TemporaryFolder()
        let long = Told()
        try Self.train(try Self.configuration(["tasks={normals: {}}"]), in: folder, run: "long", long)
        #expect(long.course == nil)
        let values = (1...10).map { long.figures[$0]! }
        // An error: the first step that is no better than one before it.
        let end = try #require((2...9).first { step in values[step - 1] >= values[..<(step - 1)].min()! })
        let short = Told()
        let configuration = try Self.configuration(["tasks={normals: {}}", "training.stop_after=1"])
        guard case .finished(let result) = try Self.train(configuration, in: folder, run: "short", short) else {
            Issue.record("the run did not finish")
            return
        }
        #expect(result.step == end && short.course?.hasEnded == true && short.course?.best?.step == end - 1)
        // Nobody asked to keep it.
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/short/best"))
        let patient = try Self.configuration(["tasks={normals: {}}", "training.stop_after=0"])
        try Self.train(patient, in: folder, run: "short", resume: true)
        #expect(try folder.files(below: "short/model") == folder.files(below: "long/model"))
        #expect(
            try folder.files(below: "short/checkpoints/00000010") == folder.files(below: "long/checkpoints/00000010"))
    }

    /// Checkpoints that say nothing of validations, as all of version 0.1.0, are gone on with.
    @Test func aRunMayBeginToKeepTheBestWhenItGoesOn() throws {
        let folder = try TemporaryFolder()
        try Self.train(try Self.configuration(), in: folder, run: "run", stopAfter: 4)
        let told = Told()
        try Self.train(
            try Self.configuration(["output.keep_best=normals.mean_angular_error"]), in: folder, run: "run",
            resume: true, told)
        #expect(told.notes.isEmpty)
        let step = try #require(try Self.validated(folder, "run").bestModel?.step)
        #expect(step >= 4 && step == told.course?.best?.step)
        // By another figure, what was the best before is not.
        try Self.train(
            try Self.configuration(["output.keep_best=semseg.pixel_accuracy"]), in: folder, run: "run", resume: true,
            told)
        #expect(told.notes.count == 1 && told.course?.best?.step == 10)
    }

    @Test(arguments: [
        ("depth.rmse", "depth is not trained"), ("semseg.rmse", "it has mean_iou, mean_iou_of_occurring_classes"),
    ])
    func aFigureThatThereIsNotIsRefused(choice: String, sentence: String) throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: UsageError.self) {
            try Self.train(try Self.configuration(["output.keep_best=\(choice)"]), in: folder, run: "run")
        }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/run/config.yaml"))
    }

    /// What is added to a model is the best that its run has seen, and not the last.
    @Test func theBestOfAnAddedTaskJoinsTheModel() throws {
        let folder = try TemporaryFolder()
        try Self.train(
            try Self.configuration(["tasks={semseg: {}}", "training.iterations=1"]), in: folder, run: "model")
        let addition = try TaskAddition(
            "normals", to: folder.path + "/model/model",
            try Self.configuration(["output.keep_best=normals.mean_angular_error", "training.stop_after=1"]))
        try Self.train(addition.configuration, in: folder, run: "normals")
        try addition.complete(from: try Self.validated(folder, "normals"))
        let added = try folder.files(below: "model/model")["tasks/normals.safetensors"]
        #expect(try added == folder.files(below: "normals/best")["tasks/normals.safetensors"])
        #expect(try added != folder.files(below: "normals/model")["tasks/normals.safetensors"])
    }

    @Test func ranksEndTogetherWithTheBestOfOneProcess() async throws {
        let folder = try TemporaryFolder()
        let configuration = try Self.configuration(["output.keep_best=true", "training.stop_after=1"])
        let alone = Told()
        try Self.train(configuration, in: folder, run: "alone", alone)
        let path = folder.path + "/two"
        let communicators = ThreadCommunicator.world(ranksOfNodes: [2])
        let steps = try await withThrowingTaskGroup(of: Int.self) { group in
            for communicator in communicators {
                group.addTask {
                    // A rank waits for the other, which no thread of the pool of tasks may do.
                    try await withCheckedThrowingContinuation { continuation in
                        Thread.detachNewThread {
                            continuation.resume(
                                with: Result {
                                    let trainer = try Trainer(
                                        configuration, folder: path, resume: false, kernels: Kernels(.best),
                                        pool: ThreadPool(threads: 1), team: RankTeam(communicator))
                                    guard case .finished(let result) = try trainer.run() else { return 0 }
                                    return result.step
                                })
                        }
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(steps == [alone.course!.step, alone.course!.step])
        #expect(try folder.files(below: "two/best") == folder.files(below: "alone/best"))
        #expect(try folder.files(below: "two/model") == folder.files(below: "alone/model"))
    }
}
