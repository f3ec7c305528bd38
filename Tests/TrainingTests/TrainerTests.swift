import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import ProgramTesting
import TensorCore
import Testing
import Training

extension TemporaryFolder {
    /// Every file below `folder`, with its bytes.
    func files(below folder: String) throws -> [String: Data] {
        let root = path + "/" + folder
        var result: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: root) {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: root + "/" + name, isDirectory: &isFolder), !isFolder.boolValue
            else { continue }
            result[name] = try Data(contentsOf: URL(fileURLWithPath: root + "/" + name))
        }
        return result
    }
}

@Suite struct TrainerTests {
    /// Tasks of every kind of loss and a batch that is no power of two, as small as they come.
    static func configuration(_ overrides: [String] = []) throws -> RunConfiguration {
        try RunConfiguration.parse(
            """
            model: {width: 4, method: rcm, aspp: 8, low: 4}
            tasks: {semseg: {weight: 1}, normals: {weight: 10}, edge: {weight: 50}}
            data: {crop: [33, 40], workers: 2, rooms: {train: 7, validation: 3, size: [36, 44]}}
            training: {iterations: 5, batch: 3, validate_every: 2, checkpoint_every: 2, learning_rate: 0.01}
            """, file: "test.yaml", overrides: overrides)
    }

    /// Trains in `folder`, asking to stop after `stop` steps of this session.
    @discardableResult
    static func train(
        _ configuration: RunConfiguration, in folder: TemporaryFolder, run: String, resume: Bool = false,
        threads: Int = 2,
        stopAfter stop: Int? = nil, choice: ConvolutionChoice = .auto,
        measured: AlgorithmTable? = nil, observe: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws -> Trainer.Ending {
        var steps = 0
        return try Trainer(
            configuration, folder: folder.path + "/" + run, resume: resume,
            kernels: Kernels(.best, choice: choice, measured: measured), pool: ThreadPool(threads: threads),
            shouldStop: {
                steps += 1
                return steps == stop
            }, observe: observe
        ).run()
    }

    @Test(arguments: [("rcm", [1, 2, 3, 4]), ("conv", [1, 3]), ("ra_series", [1, 3]), ("ra_parallel", [1, 3])])
    func aRunThatStopsAnywhereEndsWithTheSameFiles(method: String, stops: [Int]) throws {
        let folder = try TemporaryFolder()
        let configuration = try Self.configuration(["model.method=\(method)"])
        try Self.train(configuration, in: folder, run: "whole")
        let model = try folder.files(below: "whole/model")
        let state = try folder.files(below: "whole/checkpoints/00000005")
        // The joint network of conv is one graph, whose state is one file; else each task has one.
        #expect(model.count == 5 && state.count == (method == "conv" ? 3 : 5))
        for stop in stops {
            let run = "stopped-\(stop)"
            guard case .stopped(let step) = try Self.train(configuration, in: folder, run: run, stopAfter: stop) else {
                Issue.record("the run did not stop")
                return
            }
            #expect(step == stop)
            try Self.train(configuration, in: folder, run: run, resume: true, threads: 1)
            #expect(try folder.files(below: run + "/model") == model)
            #expect(try folder.files(below: run + "/checkpoints/00000005") == state)
        }
    }

    @Test(arguments: ["rcm", "conv", "ra_series", "ra_parallel"], ConvolutionChoice.allCases)
    func filesDoNotDependOnThreads(method: String, choice: ConvolutionChoice) throws {
        let folder = try TemporaryFolder()
        let configuration = try Self.configuration(["model.method=\(method)", "training.iterations=2"])
        for threads in 1...3 {
            try Self.train(configuration, in: folder, run: "\(threads)", threads: threads, choice: choice)
        }
        let model = try folder.files(below: "1/model")
        #expect(try folder.files(below: "2/model") == model)
        #expect(try folder.files(below: "3/model") == model)
    }

    @Test func aDamagedCheckpointIsPassedOver() throws {
        let folder = try TemporaryFolder()
        let configuration = try Self.configuration()
        try Self.train(configuration, in: folder, run: "whole")
        try Self.train(configuration, in: folder, run: "damaged", stopAfter: 4)
        let file = folder.path + "/damaged/checkpoints/00000004/normals.safetensors"
        try Data(try Data(contentsOf: URL(fileURLWithPath: file)).dropLast(5)).write(to: URL(fileURLWithPath: file))
        var notes: [String] = []
        var firstStep: Int?
        try Self.train(configuration, in: folder, run: "damaged", resume: true) { event in
            if case .noticed(let text) = event { notes.append(text) }
            if case .started(let summary) = event { firstStep = summary.step }
        }
        #expect(notes.count == 1 && notes[0].contains("00000004"))
        #expect(firstStep == 2)
        #expect(try folder.files(below: "damaged/model") == folder.files(below: "whole/model"))
    }

    @Test func aFolderInUseIsRefusedAndKept() throws {
        let folder = try TemporaryFolder()
        let configuration = try Self.configuration(["training.iterations=1"])
        try Self.train(configuration, in: folder, run: "run")
        let before = try folder.files(below: "run")
        #expect(throws: UsageError.self) { try Self.train(configuration, in: folder, run: "run") }
        let other = try Self.configuration(["training.iterations=1", "training.batch=4"])
        let error = #expect(throws: UsageError.self) {
            try Self.train(other, in: folder, run: "run", resume: true)
        }
        #expect(error?.description.contains("training.batch: 3 -> 4") == true)
        #expect(try folder.files(below: "run") == before)
    }

    @Test func anEmptyFolderIsStartedByResume() throws {
        let folder = try TemporaryFolder()
        let configuration = try Self.configuration(["training.iterations=1"])
        guard case .finished = try Self.train(configuration, in: folder, run: "new", resume: true) else {
            Issue.record("the run did not finish")
            return
        }
    }

    /// Data may be labelled in part: here nothing is known of one of two tasks where they are trained.
    @Test func aRunWithATaskOfWhichNothingIsKnownEndsWell() throws {
        let folder = try TemporaryFolder()
        for name in ["images", "sal", "depth"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
        }
        for (name, height, width) in [("a", 36, 44), ("b", 36, 44), ("c", 36, 44), ("d", 70, 51), ("e", 44, 36)] {
            let grey = (0..<height * width).map { UInt8($0 % 251) }
            try PNGFile(height: height, width: width, pixels: .grey(grey)).write(
                to: "\(folder.path)/images/\(name).png")
            let labels: [(task: String, value: Float)] = [("sal", name < "c" ? 255 : 1), ("depth", 2)]
            for (task, value) in labels {
                let values = [Float](repeating: value, count: height * width)
                try Data(NumPyArray.encoded(values, shape: [height, width])).write(
                    to: URL(fileURLWithPath: "\(folder.path)/\(task)/\(name).npy"))
            }
        }
        try Data("a\nb\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/train.txt"))
        // Pictures of several sizes, too, each of which is evaluated at its own.
        try Data("c\nd\ne\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/val.txt"))
        let configuration = try RunConfiguration.parse(
            """
            model: {width: 4, method: rcm, aspp: 8, low: 4}
            tasks: {sal: {weight: 1}, depth: {weight: 1}}
            data: {dataset: folder, root: \(folder.path), crop: [33, 40], workers: 1}
            training: {iterations: 2, batch: 2, learning_rate: 0.01}
            """, file: "test.yaml")
        guard case .finished(let result) = try Self.train(configuration, in: folder, run: "run") else {
            Issue.record("the run did not finish")
            return
        }
        #expect(result.tasks.map(\.name) == ["sal", "depth"])
        #expect(!result.tasks[0].results.isEmpty && result.tasks[0].constants.isEmpty)
        #expect(result.tasks[0].comparison == nil && result.tasks[1].comparison != nil)
    }

    @Test func aDivergingRunNamesStepTaskAndTensor() throws {
        let folder = try TemporaryFolder()
        let configuration = try Self.configuration([
            "training.learning_rate=1000", "training.iterations=60", "training.checkpoint_every=1",
            "training.weight_decay=1", "training.schedule=constant",
        ])
        let error = #expect(throws: DivergenceError.self) { try Self.train(configuration, in: folder, run: "run") }
        guard let error else { return }
        // A loss or an update names a tensor; a prediction, which a validation met, names its task.
        #expect(error.tensor != nil || error.task != nil)
        #expect(error.description.contains("step \(error.step)"))
        #expect(error.task.map { error.description.contains($0) } ?? true)
        let kept = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/run/checkpoints")
        let before = String(format: "%08d", error.step - 1)
        #expect(kept.contains(before))
        #expect(error.tensor == nil || !kept.contains(String(format: "%08d", error.step)))
        #expect(error.description.contains("--from \(folder.path)/run/checkpoints/\(before) "))
    }

    @Test("a run's folder belongs to one trainer at a time")
    func oneAtATime() throws {
        let folder = try TemporaryFolder()
        let configuration = try Self.configuration(["training.iterations=2"])
        try Self.train(configuration, in: folder, run: "run", stopAfter: 1)
        func trainer(resume: Bool = true, run: String = "run") throws -> Trainer {
            try Trainer(
                configuration, folder: folder.path + "/" + run, resume: resume, kernels: Kernels(.best),
                pool: ThreadPool(threads: 1))
        }
        for (run, resume) in [("run", true), ("new", false)] {
            let first = try trainer(resume: resume, run: run)
            try withExtendedLifetime(first) {
                let before = try folder.files(below: run)
                let error = #expect(throws: UsageError.self) { try trainer(run: run) }
                #expect(error?.description.contains("is being written by process \(getpid()) on ") == true)
                #expect(try folder.files(below: run) == before)
                _ = try first.run()
            }
            // It is free again as soon as the run is over.
            guard case .finished = try trainer(run: run).run() else {
                Issue.record("the run did not finish")
                return
            }
        }
    }

    @Test("a last update that leaves the finite numbers is neither saved nor published")
    func aBadLastUpdate() throws {
        let folder = try TemporaryFolder()
        // One step, whose loss is that of the first values.
        var configuration = try Self.configuration(["training.iterations=1"])
        configuration.training.learningRate = 1e38
        let error = #expect(throws: DivergenceError.self) { try Self.train(configuration, in: folder, run: "run") }
        #expect(error?.task == nil && error?.tensor != nil)
        let files = try folder.files(below: "run").keys
        #expect(!files.contains { $0.contains("checkpoints/") || $0.contains("tasks/") }, "\(files)")
    }

    @Test func aFolderThatCannotBeMadeIsNamed() throws {
        let folder = try TemporaryFolder()
        try Data().write(to: URL(fileURLWithPath: folder.path + "/file"))
        let error = #expect(throws: (any Error).self) {
            try Self.train(try Self.configuration(), in: folder, run: "file/run")
        }
        #expect(error.map { "\($0)".contains("file/run") } == true)
        #expect(try folder.files(below: "").keys.sorted() == ["file"])
    }

    @Test func aBankOfAnotherWidthIsRefused() throws {
        let folder = try TemporaryFolder()
        try Self.train(try Self.configuration(["training.iterations=1"]), in: folder, run: "four")
        let bank = folder.path + "/four/model/bank.safetensors"
        let configuration = try Self.configuration(["training.iterations=1", "model.width=8", "model.bank=\(bank)"])
        let error = #expect(throws: (any Error).self) { try Self.train(configuration, in: folder, run: "eight") }
        #expect(error.map { "\($0)".contains("conv1.Ws.weight") } == true)
    }
}
