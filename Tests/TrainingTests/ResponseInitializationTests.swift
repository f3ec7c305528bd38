import Checkpoints
import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import Graph
import Networks
import ProgramTesting
import TensorCore
import Testing
import Training

@Suite("A bank is initialized with its responses")
struct ResponseInitializationTests {
    private static let width = 4
    private static let kernels = Kernels(.best, choice: .direct)

    /// 22 images: five blocks of four and one of two.
    private var data: ResponseData {
        ResponseData(
            Rooms(seed: 3, first: 0, count: 30, height: 40, width: 36), images: 22,
            crop: PixelSize(height: 48, width: 33), seed: 5, workers: 1)
    }

    private func classifier(_ method: ModelSettings.Method, _ components: BankComponents = .all) -> Classifier {
        Classifier(
            backbone: .resnet18, width: Self.width, method: method, classes: 5, height: 48, width: 33,
            components: components)
    }

    /// A bank of a net whose batch norms have seen something.
    private func bank(in folder: TemporaryFolder) throws -> SafetensorsFile {
        let graph = classifier(.conv).graph
        let parameters = NetworkParameters([graph], training: false)
        for storage in parameters.storages {
            for entry in storage.layout.entries {
                var values = Initialization.draw(entry.parameter, seed: 7)
                if entry.parameter.shape.count == 1 {
                    let stream = RandomStream("moved " + entry.parameter.name)
                    for index in values.indices { values[index] += 0.3 * stream.signed(UInt64(index)) }
                }
                storage.write(values, to: entry, in: storage.values)
            }
        }
        let path = folder.path + "/pretrained.safetensors"
        try SafetensorsFile.write(to: path, tensors: Classifier.bankTensors(parameters))
        return try SafetensorsFile(path: path)
    }

    private func initialize(
        _ bank: SafetensorsFile, _ truncation: ResponseInitialization.Truncation = .none, threads: Int = 2,
        to path: String
    ) throws -> (file: SafetensorsFile, bank: InitializedBank) {
        let initialization = try ResponseInitialization(PretrainedNetwork(bank), data: data, truncation: truncation)
        let result = try #require(
            try initialization.run(kernels: Self.kernels, pool: ThreadPool(threads: threads)))
        try result.write(to: path)
        return (try SafetensorsFile(path: path), result)
    }

    private func statistics(
        _ file: SafetensorsFile, _ method: ModelSettings.Method
    ) throws -> (ResponseNetwork, ResponseStatistics) {
        var model = try PretrainedNetwork(file).settings
        model.method = method
        let network = ResponseNetwork(model, components: BankComponents(of: file), height: 48, width: 33)
        let parameters = NetworkParameters([network.graph], training: false)
        for storage in parameters.storages {
            try NetworkParameters.read(storage, into: storage.values, from: file)
        }
        let statistics = try ResponseStatistics.gather(
            network, parameters: parameters, data: data, kernels: Self.kernels, pool: ThreadPool(threads: 2))
        return (network, try #require(statistics))
    }

    /// The logits of a classifier with the bank, on four images.
    private func logits(_ file: SafetensorsFile, _ method: ModelSettings.Method) throws -> [Float] {
        let graph = classifier(method, BankComponents(of: file)).graph
        let parameters = NetworkParameters([graph], training: false)
        try Initialization(bank: file, method: method, seed: 1).fill(parameters)
        let pass = try EvaluationPass(
            graphs: [graph], parameters: parameters, samples: 4, kernels: Self.kernels, pool: ThreadPool(threads: 2))
        let stream = RandomStream("images")
        for index in 0..<pass.inputCount { pass.input[index] = 2 * stream.signed(UInt64(index)) }
        pass.run()
        return (0..<4 * 5).map { pass.outputs[0].value.data[$0] }
    }

    @Test func allComponentsKeepWhatTheNetworkComputes() throws {
        let folder = try TemporaryFolder()
        let pretrained = try bank(in: folder)
        let file = try initialize(pretrained, to: folder.path + "/bank.safetensors").file
        #expect(file.metadata["method"] == "rcm" && file.metadata["response_images"] == "22")
        let expected = try logits(pretrained, .conv)
        let found = try logits(file, .rcm)
        let largest = expected.map(abs).max()!
        // Seventeen layers, each of which is one product of rounded matrices longer than before: some 10⁻⁷ each.
        #expect(zip(expected, found).allSatisfy { abs($0 - $1) <= 2e-5 * largest })
        // The filters themselves are others.
        let shape = [Self.width, 3, 7, 7]
        #expect(
            try file.floats("conv1.Ws.weight", shape: shape) != pretrained.floats("conv1.Ws.weight", shape: shape))
    }

    @Test func responsesAreUncorrelatedAndTheLargestComesFirst() throws {
        let folder = try TemporaryFolder()
        let file = try initialize(bank(in: folder), to: folder.path + "/bank.safetensors").file
        let (network, statistics) = try statistics(file, .rcm)
        for (layer, statistics) in zip(network.layers, statistics.layers) {
            let channels = layer.geometry.outputChannels
            let variances = (0..<channels).map { statistics.covariance[$0 * channels + $0] }
            let largest = variances[0]
            #expect(zip(variances, variances.dropFirst()).allSatisfy { $0 >= $1 - 1e-5 * largest }, "\(layer.name)")
            for row in 0..<channels {
                for column in 0..<channels where row != column {
                    #expect(
                        abs(statistics.covariance[row * channels + column]) <= 1e-5 * largest, "\(layer.name)")
                }
            }
        }
    }

    @Test func theBytesDoNotDependOnThreads() throws {
        let folder = try TemporaryFolder()
        let pretrained = try bank(in: folder)
        let files = try (1...3).map { threads in
            let path = folder.path + "/\(threads).safetensors"
            _ = try initialize(pretrained, .energy(0.9), threads: threads, to: path)
            return try Data(contentsOf: URL(fileURLWithPath: path))
        }
        #expect(files[1] == files[0] && files[2] == files[0])
    }

    @Test func aTruncatedBankKeepsTheMeanResponse() throws {
        let folder = try TemporaryFolder()
        let pretrained = try bank(in: folder)
        let (file, bank) = try initialize(pretrained, .components(3), to: folder.path + "/bank.safetensors")
        let before = try statistics(pretrained, .conv)
        let after = try statistics(file, .rcm)
        let layer = after.0.layers[0]
        let (outputs, kept) = (Self.width, 3)
        #expect(layer.name == "conv1" && layer.geometry.outputChannels == kept)
        let modulator = try file.floats(layer.modulator, shape: [outputs, kept, 1, 1])
        let running = try pretrained.floats(layer.runningMean, shape: [outputs])
        let moved = try file.floats(layer.runningMean, shape: [outputs])
        #expect(running != moved)
        for output in 0..<outputs {
            let mean = (0..<kept).reduce(0.0) {
                $0 + Double(modulator[output * kept + $1]) * after.1.layers[0].mean[$1]
            }
            let expected = before.1.layers[0].mean[output] - Double(running[output])
            #expect(abs(mean - Double(moved[output]) - expected) < 1e-6)
        }
        #expect(bank.layers.allSatisfy { $0.components == 3 && $0.varianceShare < 1 && $0.varianceShare > 0.3 })
        #expect(bank.bankParameters.kept < bank.bankParameters.full)
        #expect(bank.modulatorParameters.kept == bank.layers.reduce(0) { $0 + 3 * $1.outputs })
    }

    @Test func energyKeepsAsManyComponentsAsItNeeds() throws {
        let folder = try TemporaryFolder()
        let pretrained = try bank(in: folder)
        let half = try initialize(pretrained, .energy(0.5), to: folder.path + "/half.safetensors").bank
        let most = try initialize(pretrained, .energy(0.99), to: folder.path + "/most.safetensors").bank
        #expect(half.layers.allSatisfy { $0.varianceShare >= 0.5 && $0.components < $0.outputs })
        #expect(zip(half.layers, most.layers).allSatisfy { $0.components <= $1.components })
        #expect(most.layers.allSatisfy { $0.varianceShare >= 0.99 })
    }

    /// A run starts from, and a model is opened again with, as many filters as the bank has.
    @Test(arguments: [true, false])
    func tasksStartFromTheModulators(isNormalized: Bool) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/bank.safetensors"
        let file = try initialize(bank(in: folder), .components(3), to: path).file
        let name = "layer1.0.conv1"
        let start = try file.floats(name + ".Wt.weight", shape: [Self.width, 3, 1, 1])
        let configuration = try TrainerTests.configuration([
            "model.bank=\(path)", "model.nff=\(isNormalized)", "training.learning_rate=1e-30", "training.iterations=2",
        ])
        try TrainerTests.train(configuration, in: folder, run: "run", stopAfter: 1)
        try TrainerTests.train(configuration, in: folder, run: "run", resume: true)
        let model = try ModelFolder(opening: folder.path + "/run/model")
        let task = try model.task("semseg")
        let stored = try StoredModel(opening: folder.path + "/run/model")
        let graph = try stored.network(stored.head("semseg"), height: 33, width: 40).graph
        #expect(graph.parameters.contains { $0.name == name + ".Ws.weight" && $0.shape == [3, Self.width, 3, 3] })
        guard isNormalized else {
            #expect(try task.floats(name + ".Wt.semseg.weight", shape: [Self.width, 3, 1, 1]) == start)
            return
        }
        #expect(try task.floats(name + ".Wt.semseg.weight_v", shape: [Self.width, 3, 1, 1]) == start)
        let gains = try task.floats(name + ".Wt.semseg.weight_g", shape: [Self.width, 1, 1, 1])
        for row in 0..<Self.width {
            let length = start[row * 3..<row * 3 + 3].reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(abs(gains[row] - length) <= 1e-6)
        }
    }

    /// The pretrained net is looked at as it was trained, whatever stride the model will have.
    @Test func theNetworkIsNotDilated() {
        for stride in [8, 16] {
            let network = ResponseNetwork(
                ModelSettings(width: Self.width, outputStride: stride, method: .conv), height: 64, width: 64)
            #expect(network.layers.count == 17 && network.layers.allSatisfy { $0.geometry.dilation == 1 })
            #expect(
                network.layers.filter { $0.geometry.stride == 2 }.map(\.name) == [
                    "conv1", "layer2.0.conv1", "layer3.0.conv1", "layer4.0.conv1",
                ])
        }
    }

    /// As many pruned filters have none: the principal axes then have a row of zeros, by whose length nothing is divided.
    @Test func anOutputWithoutResponseHasADirectionAndNoGain() throws {
        let folder = try TemporaryFolder()
        let file = try initialize(bank(in: folder), .components(3), to: folder.path + "/bank.safetensors").file
        let name = "layer1.0.conv1.Wt"
        let tensors = try file.tensors.map { tensor in
            var values = try file.floats(tensor.name, shape: tensor.shape)
            if tensor.name == name + ".weight" { for column in 0..<3 { values[3 + column] = 0 } }
            return TensorEntry(tensor.name, shape: tensor.shape, values: values)
        }
        let path = folder.path + "/pruned.safetensors"
        try SafetensorsFile.write(to: path, tensors: tensors, metadata: file.metadata)
        let pruned = try SafetensorsFile(path: path)
        let network = MultiTaskNetwork(
            ModelSettings(width: Self.width, method: .rcm, aspp: 8, low: 4), heads: [TaskHead(.edge, channels: 1)],
            height: 32, width: 32, components: BankComponents(of: pruned))
        let parameters = NetworkParameters(network.graphs, training: false)
        try Initialization(bank: pruned, method: .rcm, seed: 1).fill(parameters)
        let storage = parameters.groups[0].trained
        func values(_ ending: String) throws -> [Float] {
            storage.read(try #require(storage.layout.entry("\(name).edge.\(ending)")), from: storage.values)
        }
        let (directions, gains) = (try values("weight_v"), try values("weight_g"))
        #expect(Array(directions[3..<6]) == [0, 1, 0] && gains[1] == 0 && gains[0] > 0)
        #expect(try Array(directions[0..<3]) == Array(pruned.floats(name + ".weight", shape: [4, 3, 1, 1])[0..<3]))
    }

    @Test func whatCannotBeInitializedIsRefused() throws {
        let folder = try TemporaryFolder()
        let file = try initialize(bank(in: folder), to: folder.path + "/bank.safetensors").file
        let twice = #expect(throws: UsageError.self) { try ResponseInitialization(PretrainedNetwork(file), data: data) }
        #expect(twice?.description.contains("conv1.Wt.weight") == true)
        // Filters that were turned are no filters of a plain network.
        let graph = classifier(.conv).graph
        let parameters = NetworkParameters([graph], training: false)
        let other = #expect(throws: InvalidFileError.self) {
            try Initialization(bank: file, method: .conv, seed: 1).fill(parameters)
        }
        #expect(other?.description.contains("made for rcm") == true)
    }
}
