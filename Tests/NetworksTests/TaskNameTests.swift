import Checkpoints
import Configuration
import Datasets
import Foundation
import Graph
import Networks
import ProgramTesting
import TensorCore
import Testing

/// Tasks that are called like parts of a network, of its files or of a tensor's name.
@Suite("Names of tasks")
struct TaskNameTests {
    static let names = ["bnorm", "conv", "wt", "weight_g", "layer1", "conv1", "image", "model", "a", "state", "weight"]
    static let heads = names.enumerated().map { place, name in
        let kinds: [TaskKind] = [.score, .direction, .distance]
        return TaskHead(LearningTask(name, kinds[place % 3]), channels: [1, 3, 1][place % 3])
    }

    private func settings(_ method: ModelSettings.Method) -> ModelSettings {
        ModelSettings(width: 2, method: method, aspp: 4, low: 2)
    }

    private func isOwn(_ parameter: Graph.Parameter) -> Bool { parameter.role != .frozen }

    @Test(
        "the file of a task that is trained with others has what its network has alone",
        arguments: ParameterTests.methods)
    func files(method: ModelSettings.Method) {
        let network = MultiTaskNetwork(settings(method), heads: Self.heads, height: 32, width: 32)
        let parameters = NetworkParameters(network.graphs, training: false)
        for head in Self.heads {
            let alone = MultiTaskNetwork(settings(method), heads: [head], height: 32, width: 32).graphs[0]
            let own = alone.parameters.filter(isOwn)
            let file = parameters.tensors(ofTask: head.name, in: network.graphs)
            #expect(file.count == own.count && Set(file.map(\.name)) == Set(own.map(\.name)), "\(head.name)")
        }
        // One name is one tensor.
        let all = network.graphs.flatMap(\.parameters)
        var byName: [String: Graph.Parameter] = [:]
        for parameter in all {
            #expect(byName.updateValue(parameter, forKey: parameter.name) ?? parameter == parameter)
        }
    }

    /// Random, and a variance is never negative.
    private static func values(_ parameter: Graph.Parameter, _ prefix: String) -> [Float] {
        let stream = RandomStream(prefix + parameter.name)
        let values = (0..<parameter.count).map { stream.signed(UInt64($0)) }
        return parameter.name.hasSuffix("running_var") ? values.map(abs) : values
    }

    @Test(
        "a model gives each of them its network, and a joint one the backbone of another",
        arguments: ParameterTests.methods)
    func models(method: ModelSettings.Method) throws {
        try withTemporaryPath { folder in
            let network = MultiTaskNetwork(settings(method), heads: Self.heads, height: 32, width: 32)
            let parameters = NetworkParameters(network.graphs, training: false)
            for storage in parameters.storages {
                for entry in storage.layout.entries {
                    storage.write(Self.values(entry.parameter, ""), to: entry, in: storage.values)
                }
            }
            let model = try ModelFolder.create(
                at: folder + "/model", describedBy: ModelDescription(settings(method)),
                bank: NetworkParameters.tensors(parameters.bank, of: parameters.bank.values))
            for head in Self.heads {
                try model.write(
                    task: head.name, tensors: parameters.tensors(ofTask: head.name, in: network.graphs),
                    metadata: head.metadata)
            }
            let stored = try StoredModel(opening: folder + "/model")
            #expect(try model.tasks() == Self.names.sorted())
            for head in Self.heads {
                let other = method.hasBank ? nil : try model.task(Self.names[0])
                let (_, read) = try stored.network(
                    try stored.head(head.name), height: 32, width: 32, backbone: other)
                for storage in read.storages {
                    for entry in storage.layout.entries {
                        #expect(
                            storage.read(entry, from: storage.values) == Self.values(entry.parameter, ""),
                            "\(entry.parameter.name)")
                    }
                }
            }
        }
    }

    @Test(
        "each starts from the modulators, norms and shortcuts of a bank",
        arguments: [ModelSettings.Method.rcm, .seriesAdapters])
    func starts(method: ModelSettings.Method) throws {
        try withTemporaryPath { folder in
            let classifier = Classifier(
                backbone: .resnet18, width: 2, method: method, classes: 2, height: 32, width: 32)
            let source = NetworkParameters([classifier.graph], training: false)
            for storage in source.storages {
                for entry in storage.layout.entries {
                    storage.write(Self.values(entry.parameter, "bank."), to: entry, in: storage.values)
                }
            }
            try SafetensorsFile.write(
                to: folder + "/bank", tensors: Classifier.bankTensors(source), metadata: ["method": method.rawValue])
            let bank = try SafetensorsFile(path: folder + "/bank")
            let network = MultiTaskNetwork(settings(method), heads: Self.heads, height: 32, width: 32)
            let parameters = NetworkParameters(network.graphs, training: false)
            try Initialization(bank: bank, method: method, seed: 1).fill(parameters)
            for (head, group) in zip(Self.heads, parameters.groups) {
                for name in ["bn1.bnorm", "layer2.0.downsample.bnorm.bnorm"] {
                    let entry = group.trained.layout.entry("\(name).\(head.name).weight")!
                    #expect(
                        try group.trained.read(entry, from: group.trained.values)
                            == bank.floats("\(name).weight", shape: entry.parameter.shape))
                }
                let tensor = method == .rcm ? "weight_v" : "weight"
                let entry = group.trained.layout.entry("layer1.1.conv2.Wt.\(head.name).\(tensor)")!
                #expect(
                    try group.trained.read(entry, from: group.trained.values)
                        == bank.floats("layer1.1.conv2.Wt.weight", shape: entry.parameter.shape))
            }
        }
    }

    @Test("a file with tensors of a task conv1 or layer1 keeps its first convolution")
    func prefix() throws {
        try withTemporaryPath { folder in
            for prefix in ["", "module."] {
                let graph = MultiTaskNetwork(settings(.conv), heads: Self.heads, height: 32, width: 32).graphs[0]
                let entries = graph.parameters.map {
                    TensorEntry(prefix + $0.name, shape: $0.shape, values: [Float](repeating: 0, count: $0.count))
                }
                try SafetensorsFile.write(to: folder + "/file", tensors: entries)
                let network = try PretrainedNetwork(TensorFiles.open(folder + "/file"))
                #expect(network.settings.width == 2 && network.tasks.isEmpty)
                #expect(network.leftOver.count == graph.parameters.count { $0.part == .decoder })
            }
        }
    }
}
