import Checkpoints
import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import Networks
import ProgramTesting
import TensorCore
import Testing
import Training

@Suite("A filter bank is pretrained")
struct PretrainingTests {
    /// 24 pictures of 32 × 32 pixels in batches of 8, and a network of width 4.
    private var small: PretrainConfiguration {
        var configuration = PretrainConfiguration()
        configuration.model.width = 4
        configuration.data.crop = PixelSize(height: 32, width: 32)
        configuration.data.rooms.size = PixelSize(height: 32, width: 32)
        configuration.data.rooms.train = 24
        configuration.data.rooms.validation = 11
        configuration.training.iterations = 5
        configuration.training.learningRate = 0.05
        configuration.training.validateEvery = 2
        configuration.output.logEvery = 1
        return configuration
    }

    /// Trains in the folder `run`, asking to stop after `stop` steps of this session.
    @discardableResult
    private func train(
        _ configuration: PretrainConfiguration, in folder: TemporaryFolder, run: String = "run", resume: Bool = false,
        threads: Int = 2, stopAfter stop: Int? = nil, observe: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws -> Pretrainer.Ending {
        var steps = 0
        return try Pretrainer(
            configuration, folder: folder.path + "/" + run, resume: resume, kernels: Kernels(InstructionSet.best),
            pool: ThreadPool(threads: threads),
            shouldStop: {
                steps += 1
                return steps == stop
            }, observe: observe
        ).run()
    }

    private func bank(
        _ configuration: PretrainConfiguration, threads: Int = 2,
        observe: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws -> FilterBank {
        let ending = try train(configuration, in: TemporaryFolder(), threads: threads, observe: observe)
        guard case .finished(let bank) = ending else { throw UsageError("the run did not finish") }
        return bank
    }

    /// The bytes of the bank's file.
    private func bytes(_ configuration: PretrainConfiguration, threads: Int = 2) throws -> Data {
        let folder = try TemporaryFolder()
        try train(configuration, in: folder, threads: threads)
        return try #require(folder.files(below: "run")["bank.safetensors"])
    }

    @Test func theBytesDependOnTheConfigurationAlone() throws {
        let one = try bytes(small, threads: 1)
        #expect(try bytes(small, threads: 1) == one)
        #expect(try bytes(small, threads: 2) == one)
        #expect(try bytes(small, threads: 3) == one)
        var changed = small
        changed.data.workers = 5
        changed.output.logEvery = 3
        changed.training.validateEvery = 0
        #expect(try bytes(changed) == one)
        changed.training.seed = 2
        #expect(try bytes(changed) != one)
    }

    @Test func theLossFallsUntilTheFewPicturesAreKnown() throws {
        var configuration = small
        configuration.model.width = 8
        configuration.data.augment = false
        configuration.data.rooms.train = 8
        configuration.training.iterations = 40
        configuration.training.validateEvery = 0
        var losses: [Double] = []
        _ = try bank(configuration) { if case .stepped(let report) = $0 { losses.append(report.losses[0].value) } }
        #expect(losses.count == 40)
        // Twelve classes: log 12 = 2.48 knows nothing.
        #expect(losses[0] > 1.5)
        #expect(losses[39] < 0.1)
    }

    @Test func validationSharesWhatWasLearnedAndCountsEveryPicture() throws {
        var steps: [Int] = []
        var accuracies: [[Double]] = []
        var constants: [Double] = []
        let bank = try bank(small) {
            if case .finished(_, let result) = $0 { constants = result.tasks[0].constants.map(\.value) }
            guard case .validated(let step, let scores) = $0 else { return }
            steps.append(step)
            accuracies.append(scores[0].results.map(\.value))
        }
        #expect(steps == [2, 4, 5])
        #expect(accuracies.last == [bank.accuracy.top1, bank.accuracy.top5])
        // 11 pictures, the last batch of which has 3.
        #expect(accuracies.allSatisfy { ($0[0] * 11).rounded() / 11 == $0[0] && $0[0] <= $0[1] })
        // Of twelve classes, eleven pictures show one or more at least once, and five of them five times.
        #expect(constants.count == 2 && constants[0] >= 1 / 11.0 && constants[1] >= 5 / 11.0 && constants[1] <= 1)
    }

    @Test func aNetworkStartsFromTheFile() throws {
        let folder = try TemporaryFolder()
        guard case .finished(let bank) = try train(small, in: folder) else {
            Issue.record("the run did not finish")
            return
        }
        let file = try SafetensorsFile(path: folder.path + "/run/bank.safetensors")
        #expect(
            file.metadata == [
                "backbone": "resnet18", "width": "4", "method": "conv", "dataset": "rooms", "classes": "12",
                "iterations": "5", "top1_accuracy": String(bank.accuracy.top1),
                "top5_accuracy": String(bank.accuracy.top5),
            ])
        #expect(try PretrainConfiguration.load(path: folder.path + "/run/config.yaml").differences(from: small).isEmpty)

        var model = ModelSettings()
        model.width = 4
        model.aspp = 8
        model.low = 8
        let network = MultiTaskNetwork(model, heads: [TaskHead(.normals, channels: 3)], height: 32, width: 32)
        let parameters = NetworkParameters(network.graphs, training: false)
        try Initialization(bank: file, method: .rcm, seed: 1).fill(parameters)
        func learned(_ name: String, _ pretrained: String) throws {
            let storage = try #require(parameters.storages.first { $0.layout.entry(name) != nil })
            let entry = try #require(storage.layout.entry(name))
            let values = storage.read(entry, from: storage.values)
            #expect(try values == file.floats(pretrained, shape: entry.parameter.shape))
            #expect(Set(values).count > 1)
        }
        try learned("conv1.Ws.weight", "conv1.Ws.weight")
        try learned("layer4.1.conv2.Ws.weight", "layer4.1.conv2.Ws.weight")
        try learned("bn1.bnorm.normals.weight", "bn1.bnorm.weight")
        try learned("layer2.0.bn1.bnorm.normals.running_var", "layer2.0.bn1.bnorm.running_var")
        try learned("layer3.0.downsample.conv.conv.normals.weight", "layer3.0.downsample.conv.conv.weight")
        try learned(
            "layer3.0.downsample.bnorm.bnorm.normals.running_mean", "layer3.0.downsample.bnorm.bnorm.running_mean")
    }

    /// What stands in the network while its bank is trained is what new tasks of the method start with.
    @Test(arguments: [
        (ModelSettings.Method.rcm, ["layer2.0.conv1.Wt"]),
        (.seriesAdapters, ["layer2.0.conv1.Wt", "layer2.0.conv1.bnorm.bnorm"]),
        (.parallelAdapters, ["layer2.0.conv1.Wt"]),
    ])
    func tasksStartFromWhatWasPretrained(_ method: ModelSettings.Method, _ names: [String]) throws {
        var configuration = small
        configuration.model.method = method
        configuration.training.iterations = 3
        let folder = try TemporaryFolder()
        try train(configuration, in: folder, threads: 1)
        let path = folder.path + "/run/bank.safetensors"
        #expect(try bytes(configuration, threads: 3) == Data(contentsOf: URL(filePath: path)))
        let file = try SafetensorsFile(path: path)
        #expect(file.metadata["method"] == method.rawValue)
        var model = ModelSettings(width: 4, method: method, aspp: 8, low: 8)
        for isNormalized in [false, true] {
            model.normalizedFeatureFusion = isNormalized
            let network = MultiTaskNetwork(model, heads: [TaskHead(.edge, channels: 1)], height: 32, width: 32)
            let parameters = NetworkParameters(network.graphs, training: false)
            try Initialization(bank: file, method: method, seed: 1).fill(parameters)
            for name in names {
                let ending = isNormalized && method == .rcm ? ".edge.weight_v" : ".edge.weight"
                let storage = parameters.groups[0].trained
                let entry = try #require(storage.layout.entry(name + ending))
                let expected = try file.floats(name + ".weight", shape: entry.parameter.shape)
                #expect(storage.read(entry, from: storage.values) == expected)
                // Adapters start as 0 and modulators as the identity; these have learned.
                #expect(Set(expected).count > 2)
            }
        }
        // Without them the bank is no pretrained net.
        let other = MultiTaskNetwork(
            ModelSettings(width: 4, method: .conv, aspp: 8, low: 8), heads: [TaskHead(.edge, channels: 1)],
            height: 32, width: 32)
        #expect(throws: InvalidFileError.self) {
            try Initialization(bank: file, method: .conv, seed: 1).fill(
                NetworkParameters(other.graphs, training: false))
        }
    }

    /// Two classes that colour tells apart, in ImageNet's layout.
    private func folder(_ root: String) throws {
        for (split, count) in [("train", 6), ("val", 2)] {
            for (place, name) in ["blue", "red"].enumerated() {
                try FileManager.default.createDirectory(
                    atPath: "\(root)/\(split)/\(name)", withIntermediateDirectories: true)
                for index in 0..<count {
                    let stream = RandomStream("\(split) \(name) \(index)")
                    let (height, width) = (30 + 5 * index, 50 - 4 * index)
                    let pixels = (0..<height * width).flatMap { pixel in
                        let level = UInt8(55 + 200 * stream.unit(UInt64(pixel)))
                        return place == 0 ? [0, 0, level] : [level, 0, 0]
                    }
                    try PNGFile(height: height, width: width, pixels: .rgb(pixels)).write(
                        to: "\(root)/\(split)/\(name)/\(index).png")
                }
            }
        }
    }

    @Test func foldersOfPicturesAreLearned() throws {
        let pictures = try TemporaryFolder()
        try folder(pictures.path)
        var configuration = small
        configuration.data.dataset = .folder
        configuration.data.root = pictures.path
        configuration.training.iterations = 40
        configuration.training.validateEvery = 0
        configuration.training.schedule = .cosine
        configuration.training.labelSmoothing = 0.1
        let bank = try bank(configuration)
        #expect(bank.classes == 2)
        #expect(bank.accuracy.top1 == 1 && bank.accuracy.top5 == 1)
        let sound = try DataReport(configuration.data)
        #expect(sound.trainingCount == 12 && sound.validationCount == 4 && sound.problems == [])
        try Data("no picture".utf8).write(to: URL(filePath: pictures.path + "/train/red/3.png"))
        let error = #expect(throws: SampleError.self) { try self.bank(configuration) }
        #expect(error?.description.contains("/train/red/3.png") == true)
        let problems = try DataReport(configuration.data).problems
        #expect(problems.count == 1 && problems[0].description.contains("/train/red/3.png"))
    }

    @Test func whatDivergesIsStopped() throws {
        var configuration = small
        configuration.training.learningRate = 1000
        configuration.training.optimizer = OptimizerSettings(SGD(momentum: 0.9, weightDecay: 1))
        configuration.training.iterations = 60
        let folder = try TemporaryFolder()
        let error = #expect(throws: DivergenceError.self) { try train(configuration, in: folder) }
        #expect(error.map { "\($0)".contains("smaller training.learning_rate") } == true)
        #expect(try folder.files(below: "run")["bank.safetensors"] == nil)
    }

    @Test func whatCannotBeTrainedIsRefusedBeforeAnythingIsWritten() throws {
        let folder = try TemporaryFolder()
        func refuse(_ configuration: PretrainConfiguration) throws {
            #expect(throws: UsageError.self) { try train(configuration, in: folder) }
            #expect(try folder.files(below: "").isEmpty)
        }
        var files = small
        files.data.dataset = .nyud
        files.data.root = "/data"
        try refuse(files)
        var single = small
        single.training.batch = 1
        try refuse(single)
        single.data.crop = PixelSize(height: 33, width: 32)
        #expect(throws: Never.self) { try train(single, in: folder) }
    }

    @Test(arguments: [ModelSettings.Method.conv, .seriesAdapters])
    func aRunThatStopsAnywhereEndsWithTheSameFiles(_ method: ModelSettings.Method) throws {
        let folder = try TemporaryFolder()
        var configuration = small
        configuration.model.method = method
        configuration.training.checkpointEvery = 2
        configuration.training.labelSmoothing = 0.1
        try train(configuration, in: folder, run: "whole")
        let whole = try folder.files(below: "whole")
        #expect(whole["bank.safetensors"] != nil && whole["checkpoints/00000005/classes.safetensors"] != nil)
        for stop in 1...4 {
            let run = "stopped-\(stop)"
            guard case .stopped(let step) = try train(configuration, in: folder, run: run, stopAfter: stop) else {
                Issue.record("the run did not stop")
                return
            }
            #expect(step == stop)
            #expect(try folder.files(below: run)["bank.safetensors"] == nil)
            var first: Int?
            try train(configuration, in: folder, run: run, resume: true, threads: 3) {
                if case .started(let summary) = $0 { first = summary.step }
            }
            #expect(first == stop)
            let resumed = try folder.files(below: run)
            for (name, bytes) in whole where name == "bank.safetensors" || name.contains("00000005") {
                #expect(resumed[name] == bytes, "\(name)")
            }
        }
    }

    @Test func aFolderInUseIsRefusedAndStays() throws {
        let folder = try TemporaryFolder()
        try train(small, in: folder)
        let before = try folder.files(below: "run")
        let error = #expect(throws: UsageError.self) { try train(small, in: folder) }
        #expect(error?.description.contains("not empty") == true)
        var other = small
        other.training.batch = 4
        let conflict = #expect(throws: UsageError.self) { try train(other, in: folder, resume: true) }
        #expect(conflict?.description.contains("training.batch: 8 -> 4") == true)
        #expect(try folder.files(below: "run") == before)
    }
}
