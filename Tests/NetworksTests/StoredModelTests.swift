import Checkpoints
import Configuration
import Foundation
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
