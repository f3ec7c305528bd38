import Checkpoints
import Configuration
import ConvolutionEngine
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
