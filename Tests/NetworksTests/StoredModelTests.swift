import Checkpoints
import Configuration
import Datasets
import Foundation
import Graph
import Networks
import ProgramTesting
import Testing

/// Models whose description and files do not agree, or that claim more than they have: nothing may be made of the size
/// that they claim.
@Suite("Models on disk")
struct StoredModelTests {
    private static let settings = ModelSettings(width: 2, aspp: 4, low: 2)
    private let head = TaskHead(.depth, channels: 1)

    /// Writes a model of one task, with zeroes for values, and gives its folder.
    ///
    /// - Parameters:
    ///   - described: what its description says.
    ///   - changes: the shapes of tensors that have others than the network's.
    private func write(
        in folder: String, described: ModelSettings = Self.settings, changes: [String: [Int]] = [:]
    ) throws -> String {
        let path = folder + "/model"
        let graph = MultiTaskNetwork(Self.settings, heads: [head], height: 64, width: 64).graphs[0]
        var bank: [TensorEntry] = []
        var task: [TensorEntry] = []
        for parameter in graph.parameters {
            let shape = changes[parameter.name] ?? parameter.shape
            let values = [Float](repeating: 0, count: shape.reduce(1, *))
            let entry = TensorEntry(parameter.name, shape: shape, values: values)
            if parameter.role == .frozen { bank.append(entry) } else { task.append(entry) }
        }
        let model = try ModelFolder.create(at: path, describedBy: ModelDescription(described), bank: bank)
        try model.write(task: head.name, tensors: task)
        return path
    }

    /// A model with the file of one task of any kind.
    private func write(_ head: TaskHead, metadata: [String: String], in folder: String) throws -> StoredModel {
        let graph = MultiTaskNetwork(Self.settings, heads: [head], height: 64, width: 64).graphs[0]
        func entries(_ isWanted: (Graph.Parameter) -> Bool) -> [TensorEntry] {
            graph.parameters.filter(isWanted).map {
                TensorEntry($0.name, shape: $0.shape, values: [Float](repeating: 0, count: $0.count))
            }
        }
        let path = folder + "/" + head.name
        let model = try ModelFolder.create(
            at: path, describedBy: ModelDescription(Self.settings), bank: entries { $0.role == .frozen })
        try model.write(task: head.name, tensors: entries { $0.role != .frozen }, metadata: metadata)
        return try StoredModel(opening: path)
    }

    @Test("a task's file says what the task is; presets are known by their names")
    func descriptions() throws {
        var roads = LearningTask("roads", .classes)
        (roads.classNames, roads.skipsEmptySamples) = (["a \"b\"", "ü", "c"], true)
        var wet = LearningTask("wet", .score)
        (wet.channels, wet.channelNames, wet.scoreRule) = (2, ["x", "y"], .images)
        var heat = LearningTask("heat", .value)
        heat.channels = 3
        let own = [
            (roads, 3), (wet, 2), (heat, 3), (LearningTask("far", .distance), 1), (LearningTask("up", .direction), 3),
        ]
        try withTemporaryFolder { folder in
            for (task, channels) in own {
                let head = TaskHead(task, channels: channels)
                #expect(try write(head, metadata: head.metadata, in: folder.path).head(task.name) == head)
            }
            for (task, channels) in [(LearningTask.humanParts, 7), (.edge, 1), (.depth, 1), (.flow, 2)] {
                let head = TaskHead(task, channels: channels)
                #expect(head.metadata == ["channels": "\(channels)"])
                #expect(try write(head, metadata: head.metadata, in: folder.path).head(task.name) == head)
            }
            // A file of version 0.1.0 of a task that is no preset, and one that contradicts itself.
            let nobody = TaskHead(LearningTask("nobody", .score), channels: 1)
            let unknown = try write(nobody, metadata: ["channels": "1"], in: folder.path)
            #expect(refusal { _ = try unknown.head("nobody") }.contains("does not tell the kind of the task nobody"))
            let far = TaskHead(LearningTask("wrong", .value), channels: 1)
            let wrong = try write(far, metadata: ["kind": "direction"], in: folder.path)
            #expect(refusal { _ = try wrong.head("wrong") }.contains("predicts 1 channels"))
            let odd = TaskHead(LearningTask("odd", .value), channels: 1)
            let damaged = try write(odd, metadata: ["kind": "colour"], in: folder.path)
            #expect(refusal { _ = try damaged.head("odd") }.contains("metadata 'kind'"))
        }
    }

    private func refusal(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "accepted"
        } catch {
            return error is InvalidFileError ? "\(error)" : "another error: \(error)"
        }
    }

    @Test("a sound model gives its network, with fewer filters than outputs too")
    func sound() throws {
        let one: [String: [Int]] = ["conv1.Ws.weight": [1, 3, 7, 7], "conv1.Wt.depth.weight_v": [2, 1, 1, 1]]
        for changes in [[:], one] {
            try withTemporaryPath { folder in
                let model = try StoredModel(opening: write(in: folder, changes: changes))
                let network = try model.network(model.head("depth"), height: 40, width: 32)
                for parameter in network.graph.parameters {
                    #expect(parameter.shape == changes[parameter.name] ?? parameter.shape)
                }
            }
        }
    }

    @Test(
        "filters of absurd size, and more of them than outputs, are refused when the model is opened",
        arguments: [[1 << 40, 0, 7, 7], [0, 3, 7, 7], [1 << 40, 3, 0, 7], [3, 3, 7, 7], [2, 3, 7, 1], [2, 3, 7]])
    func bank(shape: [Int]) throws {
        try withTemporaryPath { folder in
            let path = try write(in: folder, changes: ["conv1.Ws.weight": shape])
            let text = refusal { _ = try StoredModel(opening: path) }
            #expect(text.contains("tensor 'conv1.Ws.weight': it has shape \(shape), needed is [2, 3, 7, 7]"), "\(text)")
        }
    }

    @Test("a description of a wider backbone than the bank's is refused when the model is opened")
    func wideBackbone() throws {
        try withTemporaryPath { folder in
            let path = try write(in: folder, described: ModelSettings(width: 4096, aspp: 4, low: 2))
            let text = refusal { _ = try StoredModel(opening: path) }
            #expect(text.contains("bank.safetensors") && text.contains("needed is [2, 4096, 3, 3]"), "\(text)")
        }
    }

    @Test("a description of a wider decoder than the task's, and a damaged task, are refused before memory is taken")
    func decoder() throws {
        func refusals(_ described: ModelSettings, _ changes: [String: [Int]]) throws -> String {
            var text = ""
            try withTemporaryPath { folder in
                let model = try StoredModel(opening: write(in: folder, described: described, changes: changes))
                text = refusal { _ = try model.network(head, height: 64, width: 64) }
            }
            return text
        }
        let wide = try refusals(ModelSettings(width: 2, aspp: 8192, low: 8192), [:])
        #expect(wide.contains("tasks/depth.safetensors") && wide.contains("needed is [8192, "), "\(wide)")
        let empty = try refusals(Self.settings, ["layer1.0.bn1.bnorm.depth.weight": [0]])
        #expect(empty.contains("tensor 'layer1.0.bn1.bnorm.depth.weight': it has shape [0], needed is [2]"), "\(empty)")
    }
}
