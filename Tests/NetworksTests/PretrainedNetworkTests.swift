import Checkpoints
import Configuration
import Foundation
import Networks
import ProgramTesting
import Testing

/// Networks that PyTorch wrote; the files and the script that made them lie with the tests of Checkpoints.
@Suite("Networks that were trained elsewhere")
struct PretrainedNetworkTests {
    private static let files = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("CheckpointsTests/Fixtures/pytorch")

    private func open(_ name: String) throws -> any TensorFile {
        try TensorFiles.open(Self.files.appendingPathComponent("\(name).pth").path)
    }

    /// The elements that the script gave to the tensor of that name.
    private func values(_ name: String, _ shape: [Int]) -> [Float] {
        (0..<shape.reduce(1, *)).map { place in
            let value = Float((place * 37 + 11 * name.unicodeScalars.count) % 101 - 50) / 64
            return name.hasSuffix("running_var") ? abs(value) : value
        }
    }

    @Test(
        "a ResNet under torchvision's names becomes a bank",
        arguments: [
            ("resnet18", ModelSettings.Backbone.resnet18, 4, ["fc.weight", "fc.bias"]),
            ("resnet18-older", .resnet18, 4, ["module.fc.weight", "module.fc.bias", "epoch"]),
            ("resnet34", .resnet34, 2, ["fc.weight", "fc.bias"]),
            ("resnet50", .resnet50, 2, ["model.fc.weight", "model.fc.bias"]),
        ])
    func bank(name: String, backbone: ModelSettings.Backbone, width: Int, leftOver: [String]) throws {
        let network = try PretrainedNetwork(open(name))
        #expect(network.settings.backbone == backbone)
        #expect(network.settings.width == width)
        #expect(network.tasks.isEmpty)
        #expect(network.leftOver == leftOver)
        try withTemporaryPath { folder in
            let model = try network.write(to: folder + "/model", as: network.settings)
            #expect(model.modelDescription.backbone == backbone.rawValue)
            #expect(model.modelDescription.width == width)
            let bank = try model.bank()
            // Exactly what a classifier of ours would have written.
            let classifier = Classifier(backbone: backbone, width: width, classes: 2, height: 32, width: 32)
            let own = Classifier.bankTensors(NetworkParameters([classifier.graph], training: false))
            #expect(Set(bank.tensors.map(\.name)) == Set(own.map(\.name)))
            for (ours, theirs) in [
                ("conv1.Ws.weight", "conv1.weight"), ("bn1.bnorm.running_var", "bn1.running_var"),
                ("layer3.1.conv2.Ws.weight", "layer3.1.conv2.weight"),
                ("layer2.0.downsample.conv.conv.weight", "layer2.0.downsample.0.weight"),
                ("layer4.0.downsample.bnorm.bnorm.bias", "layer4.0.downsample.1.bias"),
                ("layer1.1.bn2.bnorm.weight", "layer1.1.bn2.weight"),
            ] {
                let shape = try #require(bank.tensor(ours)).shape
                #expect(try bank.floats(ours, shape: shape) == values(theirs, shape), "\(ours)")
            }
            // A network of ours starts from it.
            var settings = ModelSettings(backbone: backbone, width: width, aspp: 4, low: 2)
            settings.method = .rcm
            let graphs = MultiTaskNetwork(settings, heads: [TaskHead(.depth, channels: 1)], height: 32, width: 32)
                .graphs
            let parameters = NetworkParameters(graphs, training: false)
            try Initialization(bank: bank, method: .rcm, seed: 1).fill(parameters)
        }
    }

    @Test("a bank of ours is copied byte by byte")
    func copy() throws {
        try withTemporaryPath { folder in
            let first = try PretrainedNetwork(open("resnet18"))
            let model = try first.write(to: folder + "/first", as: first.settings)
            let second = try PretrainedNetwork(TensorFiles.open(model.bankPath))
            #expect(second.leftOver.isEmpty)
            let copy = try second.write(to: folder + "/second", as: second.settings)
            #expect(copy.modelDescription == model.modelDescription)
        }
    }

    @Test("a checkpoint of the official code gives whole tasks")
    func wholeTasks() throws {
        let network = try PretrainedNetwork(open("official"))
        #expect(network.settings == ModelSettings(backbone: .resnet18, width: 2, aspp: 8, low: 4))
        #expect(network.tasks.map(\.head) == [TaskHead(.depth, channels: 1), TaskHead(.semseg, channels: 21)])
        #expect(network.leftOver == ["iteration"])
        try withTemporaryPath { folder in
            let model = try network.write(to: folder + "/model", as: network.settings)
            #expect(try model.tasks() == ["depth", "semseg"])
            #expect(try model.bank().tensors.allSatisfy { $0.name.hasSuffix(".Ws.weight") })
            for head in network.tasks.map(\.head) {
                let file = try model.task(head.name)
                #expect(file.metadata["channels"] == "\(head.channels)")
                // All that a network of this task reads, and no more.
                let graph = MultiTaskNetwork(network.settings, heads: [head], height: 64, width: 64).graphs[0]
                let own = graph.parameters.filter { $0.role != .frozen }
                #expect(Set(file.tensors.map(\.name)) == Set(own.map(\.name)))
                for parameter in own {
                    #expect(
                        try file.floats(parameter.name, shape: parameter.shape)
                            == values(parameter.name, parameter.shape), "\(parameter.name)")
                }
            }
        }
    }

    /// Writes a copy of a fixture as safetensors, with some tensors left out or of another shape.
    private func changed(
        _ name: String, in folder: String, _ change: (String, [Int]) -> (String, [Int])?
    ) throws -> any TensorFile {
        let file = try open(name)
        let entries = file.tensors.compactMap { tensor in
            change(tensor.name, tensor.shape).map { name, shape in
                TensorEntry(name, shape: shape, values: [Float](repeating: 0, count: shape.reduce(1, *)))
            }
        }
        try SafetensorsFile.write(to: folder + "/changed", tensors: entries)
        return try TensorFiles.open(folder + "/changed")
    }

    private func refusal(_ file: any TensorFile) -> String {
        do {
            _ = try PretrainedNetwork(file)
            return "accepted"
        } catch {
            return "\(error)"
        }
    }

    @Test("what is missing or has another shape is named")
    func missing() throws {
        try withTemporaryPath { folder in
            let two = try changed("resnet18", in: folder) { name, shape in
                ["layer2.0.conv2.weight", "bn1.running_mean"].contains(name) ? nil : (name, shape)
            }
            #expect(
                refusal(two).contains(
                    "as a resnet18 of width 4 it lacks 2 tensors: bn1.bnorm.running_mean, layer2.0.conv2.Ws.weight"))
            let many = try changed("resnet18", in: folder) { name, shape in
                name.contains("running") ? nil : (name, shape)
            }
            #expect(refusal(many).contains("group norms, or without statistics of its batch norms"))
            let none = try changed("resnet18", in: folder) { name, shape in
                name.contains(".bn2.") ? nil : (name, shape)
            }
            #expect(refusal(none).contains("lacks 32 tensors: "))
            #expect(refusal(none).contains(", and 29 more"))
            #expect(refusal(none).matches(of: #/bn2/#).count == 3)
            let wide = try changed("resnet18", in: folder) { name, shape in
                (name, name == "layer1.0.conv1.weight" ? [8, 4, 3, 3] : shape)
            }
            #expect(refusal(wide).contains("layer1.0.conv1.weight of shape [8, 4, 3, 3] and not [4, 4, 3, 3]"))
            let deep = try changed("resnet18", in: folder) { name, shape in
                (name.replacing("layer3.1.", with: "layer3.2."), shape)
            }
            #expect(refusal(deep).contains("its stages have 2, 2, 1, 2 blocks"))
            let other = try changed("resnet18", in: folder) { name, shape in ("features." + name + ".0", shape) }
            #expect(refusal(other).contains("not known here, without a first convolution conv1.weight"))
            // timm's resnet18d and seresnet18.
            let stem = try changed("resnet18", in: folder) { name, shape in
                (name == "conv1.weight" ? "model.conv1.0.weight" : "model." + name, shape)
            }
            #expect(refusal(stem).contains("a stem of several convolutions, as timm's resnet18d (model.conv1.0.weight"))
            let excited = try changed("resnet18", in: folder) { name, shape in
                (name == "fc.bias" ? "layer2.1.se.fc1.bias" : name, shape)
            }
            #expect(refusal(excited).contains("its blocks have a part 'se' (layer2.1.se.fc1.bias)"))
            let decoder = try changed("official", in: folder) { name, shape in
                name == "concat.depth.3.weight" ? nil : (name, shape)
            }
            #expect(refusal(decoder).contains("lacks concat.depth.3.weight"))
        }
    }

    @Test("a decoder of absurd size is refused before anything is made of it")
    func absurd() throws {
        try withTemporaryPath { folder in
            for (name, shape) in [
                ("predict.semseg.weight", [21, 1 << 52, 0, 0]), ("predict.semseg.weight", [1 << 57, 8, 0, 0]),
                ("predict.semseg.weight", [21, 8193, 0, 0]), ("low_level_reduce.semseg.0.weight", [1 << 57, 0, 1, 1]),
            ] {
                // Without elements a tensor may claim any size.
                let file = try changed("official", in: folder) { own, known in (own, own == name ? shape : known) }
                #expect(refusal(file).contains("its decoder of semseg is not that of DeepLab-v3+"), "\(name) \(shape)")
            }
        }
    }

    @Test("the methods of official checkpoints are told apart", arguments: ["rcm", "series", "parallel", "conv"])
    func methods(method: String) throws {
        try withTemporaryPath { folder in
            let settings = ModelSettings(
                backbone: .resnet18, width: 3,
                method: method == "series"
                    ? .seriesAdapters
                    : method == "parallel" ? .parallelAdapters : method == "conv" ? .conv : .rcm,
                normalizedFeatureFusion: false, aspp: 4, low: 2)
            let graph = MultiTaskNetwork(settings, heads: [TaskHead(.edge, channels: 1)], height: 64, width: 64).graphs[
                0]
            let entries = graph.parameters.map {
                TensorEntry($0.name, shape: $0.shape, values: [Float](repeating: 0, count: $0.count))
            }
            try SafetensorsFile.write(to: folder + "/task", tensors: entries)
            let network = try PretrainedNetwork(TensorFiles.open(folder + "/task"))
            #expect(network.settings == settings)
            #expect(network.leftOver.isEmpty)
            let model = try network.write(to: folder + "/model", as: settings)
            #expect(try model.task("edge").tensors.count == graph.parameters.count { $0.role != .frozen })
        }
    }

    @Test("a folder that is not empty is refused and stays")
    func notEmpty() throws {
        try withTemporaryPath { folder in
            try Data("notes".utf8).write(to: URL(fileURLWithPath: folder + "/notes"))
            let network = try PretrainedNetwork(open("resnet18"))
            #expect(throws: InvalidFileError.self) { try network.write(to: folder, as: network.settings) }
            #expect(try Folder.names(in: folder) == ["notes"])
        }
    }
}
