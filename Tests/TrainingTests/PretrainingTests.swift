import Checkpoints
import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import Networks
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

    private func bank(
        _ configuration: PretrainConfiguration, threads: Int = 2,
        report: (PretrainingProgress) -> Void = { _ in }
    ) throws -> FilterBank {
        try Pretraining(configuration).run(
            kernels: Kernels(InstructionSet.best), pool: ThreadPool(threads: threads), report: report)
    }

    /// The bytes of the bank's file.
    private func bytes(_ configuration: PretrainConfiguration, threads: Int = 2) throws -> Data {
        let run = try TemporaryRun()
        return try Data(contentsOf: URL(filePath: bank(configuration, threads: threads).write(toRun: run.path)))
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
        _ = try bank(configuration) { if case .trained(_, _, let loss, _, _) = $0 { losses.append(loss) } }
        #expect(losses.count == 40)
        // Twelve classes: log 12 = 2.48 knows nothing.
        #expect(losses[0] > 1.5)
        #expect(losses[39] < 0.1)
    }

    @Test func validationSharesWhatWasLearnedAndCountsEveryPicture() throws {
        var steps: [Int] = []
        var accuracies: [ClassificationAccuracy] = []
        let bank = try bank(small) {
            guard case .validated(let step, let accuracy) = $0 else { return }
            steps.append(step)
            accuracies.append(accuracy)
        }
        #expect(steps == [2, 4, 5])
        #expect(accuracies.last == bank.accuracy)
        // 11 pictures, the last batch of which has 3.
        #expect(accuracies.allSatisfy { ($0.top1 * 11).rounded() / 11 == $0.top1 && $0.top1 <= $0.top5 })
    }

    @Test func aNetworkStartsFromTheFile() throws {
        let run = try TemporaryRun()
        let bank = try bank(small)
        let path = try bank.write(toRun: run.path)
        let file = try SafetensorsFile(path: path)
        #expect(
            file.metadata == [
                "backbone": "resnet18", "width": "4", "method": "conv", "dataset": "rooms", "classes": "12",
                "iterations": "5", "top1_accuracy": String(bank.accuracy.top1),
                "top5_accuracy": String(bank.accuracy.top5),
            ])
        #expect(try PretrainConfiguration.load(path: run.path + "/config.yaml").differences(from: small).isEmpty)

        var model = ModelSettings()
        model.width = 4
        model.aspp = 8
        model.low = 8
        let network = MultiTaskNetwork(model, heads: [TaskHead(.normals, channels: 3)], height: 32, width: 32)
        let parameters = NetworkParameters(network.graphs, training: false)
        try Initialization(bank: file, method: .rcm, seed: 1).fill(parameters, of: network.graphs)
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
        let run = try TemporaryRun()
        let path = try bank(configuration, threads: 1).write(toRun: run.path)
        #expect(try bytes(configuration, threads: 3) == Data(contentsOf: URL(filePath: path)))
        let file = try SafetensorsFile(path: path)
        #expect(file.metadata["method"] == method.rawValue)
        var model = ModelSettings(width: 4, method: method, aspp: 8, low: 8)
        for isNormalized in [false, true] {
            model.normalizedFeatureFusion = isNormalized
            let network = MultiTaskNetwork(model, heads: [TaskHead(.edge, channels: 1)], height: 32, width: 32)
            let parameters = NetworkParameters(network.graphs, training: false)
            try Initialization(bank: file, method: method, seed: 1).fill(parameters, of: network.graphs)
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
                NetworkParameters(other.graphs, training: false), of: other.graphs)
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
        let run = try TemporaryRun()
        try folder(run.path)
        var configuration = small
        configuration.data.dataset = .folder
        configuration.data.root = run.path
        configuration.training.iterations = 40
        configuration.training.validateEvery = 0
        configuration.training.schedule = .cosine
        configuration.training.labelSmoothing = 0.1
        let bank = try bank(configuration)
        #expect(bank.classes == 2)
        #expect(bank.accuracy.top1 == 1 && bank.accuracy.top5 == 1)
        try Data("no picture".utf8).write(to: URL(filePath: run.path + "/train/red/3.png"))
        let error = #expect(throws: SampleError.self) { try self.bank(configuration) }
        #expect(error?.description.contains("/train/red/3.png") == true)
    }

    @Test func whatDivergesIsStopped() throws {
        var configuration = small
        configuration.training.learningRate = 1000
        configuration.training.weightDecay = 1
        configuration.training.iterations = 60
        let error = #expect(throws: PretrainingError.self) { try bank(configuration) }
        #expect(error?.description.contains("lower training.learning_rate") == true)
    }

    @Test func whatCannotBeTrainedIsRefused() {
        var files = small
        files.data.dataset = .nyud
        files.data.root = "/data"
        #expect(throws: UsageError.self) { try Pretraining(files) }
        var single = small
        single.training.batch = 1
        #expect(throws: UsageError.self) { try Pretraining(single) }
        single.data.crop = PixelSize(height: 33, width: 32)
        #expect(throws: Never.self) { try Pretraining(single) }
    }

    @Test func aRunThatIsNotEmptyIsRefusedAndStays() throws {
        let run = try TemporaryRun()
        // What was made for a run that failed is empty, and serves the next one.
        for _ in 0..<2 { try FilterBank.claim(run: run.path + "/new/run") }
        let error = #expect(throws: UsageError.self) { try FilterBank.claim(run: run.path + "/new") }
        #expect(error?.description.contains("not empty") == true)
    }
}

/// An empty folder that is removed with its owner.
private final class TemporaryRun {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "PretrainingTests-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
