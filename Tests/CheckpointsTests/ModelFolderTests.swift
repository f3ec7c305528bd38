import Checkpoints
import Foundation
import ProgramTesting
import Testing

@Suite struct ModelFolderTests {
    let description = ModelDescription(
        backbone: "resnet18", width: 16, outputStride: 16, method: "rcm", normalizedFusion: true, asppChannels: 64,
        lowLevelChannels: 12)

    func bank(_ value: Float = 1) -> [TensorEntry] {
        [TensorEntry("conv1.Ws.weight", shape: [1, 3], values: [value, 2, 3])]
    }

    func task(_ name: String) -> [TensorEntry] {
        [TensorEntry("conv1.Wt.\(name).weight_v", shape: [1, 1], values: [Float(0.5)])]
    }

    @Test func aModelComesBackAsItWasWritten() throws {
        let folder = try TemporaryFolder()
        let made = try ModelFolder.create(at: folder("run/model"), describedBy: description, bank: bank())
        #expect(try made.tasks() == [])
        let digest = try made.write(task: "semseg", tensors: task("semseg"), metadata: ["classes": "21"])
        try made.write(task: "depth", tensors: task("depth"))

        let model = try ModelFolder(opening: folder("run/model"))
        #expect(model.modelDescription == made.modelDescription)
        // A run stands for its model.
        #expect(try ModelFolder(opening: folder("run")).path == model.path)
        #expect(model.modelDescription.bankDigest == (try SHA256.hexadecimal(ofFile: model.bankPath)))
        #expect(try model.bank().floats("conv1.Ws.weight", shape: [1, 3]) == [1, 2, 3])
        #expect(try model.tasks() == ["depth", "semseg"])
        #expect(try SHA256.hexadecimal(ofFile: model.taskPath("semseg")) == digest)
        let semseg = try model.task("semseg")
        #expect(try semseg.floats("conv1.Wt.semseg.weight_v", shape: [1, 1]) == [0.5])
        #expect(
            semseg.metadata == [
                "classes": "21", "format": "1", "task": "semseg", "method": "rcm",
                "bank_sha256": model.modelDescription.bankDigest,
            ])
        #expect(try names(in: model.path) == ["bank.safetensors", "model.yaml", "tasks"])
        #expect(try names(in: folder("run")) == ["model"])
    }

    @Test func theDescriptionIsPlainLines() throws {
        let folder = try TemporaryFolder()
        let model = try ModelFolder.create(at: folder("model"), describedBy: description, bank: bank())
        #expect(
            String(decoding: try bytes(of: folder("model/model.yaml")), as: UTF8.self) == """
                format: 1
                backbone: resnet18
                width: 16
                output_stride: 16
                method: rcm
                nff: true
                aspp: 64
                low: 12
                bank_sha256: \(model.modelDescription.bankDigest)

                """)
    }

    @Test func addingATaskTouchesNoOtherFile() throws {
        let folder = try TemporaryFolder()
        let model = try ModelFolder.create(at: folder("model"), describedBy: description, bank: bank())
        try model.write(task: "semseg", tensors: task("semseg"))
        let paths = [model.bankPath, folder("model/model.yaml"), model.taskPath("semseg")]
        func state() throws -> [[String]] {
            try paths.map { path in
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                return [try SHA256.hexadecimal(ofFile: path), "\(attributes[.systemFileNumber]!)"]
            }
        }
        let before = try state()
        try model.write(task: "depth", tensors: task("depth"))
        #expect(try state() == before)
    }

    @Test func theBankIsNeverRewritten() throws {
        let folder = try TemporaryFolder()
        let path = folder("model")
        let model = try ModelFolder.create(at: path, describedBy: description, bank: bank())
        try model.write(task: "depth", tensors: task("depth"))
        let before = try bytes(of: model.bankPath)

        let text = sentence { _ = try ModelFolder.create(at: path, describedBy: description, bank: bank(9)) }
        #expect(
            text == "\(path): it holds a model with another filter bank, which is never rewritten; "
                + "choose another folder for the new model")
        var wider = description
        wider.width = 32
        #expect(
            sentence { _ = try ModelFolder.create(at: path, describedBy: wider, bank: bank()) }?
                .contains("another description") == true)
        #expect(try bytes(of: model.bankPath) == before)

        let again = try ModelFolder.create(at: path, describedBy: description, bank: bank())
        #expect(try again.tasks() == ["depth"])
        #expect(try names(in: folder.path) == ["model"])
    }

    @Test func aBankIsCopiedByteByByte() throws {
        let folder = try TemporaryFolder()
        let model = try ModelFolder.create(at: folder("m"), describedBy: description, copyingBank: officialPath)
        #expect(try bytes(of: model.bankPath) == bytes(of: officialPath))
        try put([1, 2], at: folder("broken"))
        #expect(
            sentence {
                _ = try ModelFolder.create(at: folder("n"), describedBy: description, copyingBank: folder("broken"))
            }?.contains("too few for a safetensors file") == true)
        #expect(try names(in: folder.path) == ["broken", "m"])
    }

    @Test func aChangedBankIsRefused() throws {
        let folder = try TemporaryFolder()
        let model = try ModelFolder.create(at: folder("model"), describedBy: description, bank: bank())
        var changed = try bytes(of: model.bankPath)
        changed[changed.count - 1] ^= 1
        try put(changed, at: model.bankPath)
        let text = sentence { _ = try ModelFolder(opening: folder("model")) }
        #expect(text?.contains("but model.yaml says \(model.modelDescription.bankDigest)") == true)
    }

    @Test func foldersThatAreNoModelAreRefused() throws {
        let folder = try TemporaryFolder()
        #expect(
            sentence { _ = try ModelFolder(opening: folder.path) }
                == "\(folder.path): there is no model in it (no model.yaml); name the folder of a model, or of the run "
                + "that trained it")
        try put([1], at: folder("notes"))
        #expect(
            sentence { _ = try ModelFolder.create(at: folder.path, describedBy: description, bank: bank()) }
                == "\(folder.path): it is not empty and holds no model; choose another folder")
        #expect(
            sentence { _ = try ModelFolder.create(at: folder("notes/m"), describedBy: description, bank: bank()) }?
                .contains("cannot write \(folder("notes")): File exists") == true)
        #expect(try names(in: folder.path) == ["notes"])
    }

    @Test func tasksThatDoNotBelongHereAreRefused() throws {
        let folder = try TemporaryFolder()
        let model = try ModelFolder.create(at: folder("a"), describedBy: description, bank: bank())
        #expect(sentence { _ = try model.task("depth") }?.contains("there are none yet") == true)
        try model.write(task: "semseg", tensors: task("semseg"))
        try model.write(task: "sal", tensors: task("sal"))
        #expect(
            sentence { _ = try model.task("../depth") }
                == "\(model.path): the model has no task '../depth'; it has sal, semseg")

        let other = try ModelFolder.create(at: folder("b"), describedBy: description, bank: bank(9))
        try other.write(task: "depth", tensors: task("depth"))
        try FileManager.default.copyItem(atPath: model.taskPath("semseg"), toPath: other.taskPath("semseg"))
        try FileManager.default.copyItem(atPath: other.taskPath("depth"), toPath: other.taskPath("edge"))
        #expect(sentence { _ = try other.task("semseg") }?.contains("metadata 'bank_sha256'") == true)
        #expect(sentence { _ = try other.task("edge") }?.contains("it is 'depth', needed is 'edge'") == true)
    }

    @Test("a merge that is refused writes nothing, and one into a model that is there adds to it")
    func merging() throws {
        let folder = try TemporaryFolder()
        func model(_ name: String, _ tasks: [(String, Float)]) throws -> ModelFolder {
            let model = try ModelFolder.create(at: folder(name), describedBy: description, bank: bank())
            for (task, value) in tasks {
                let tensor = TensorEntry("conv1.Wt.\(task).weight_v", shape: [1, 1], values: [value])
                try model.write(task: task, tensors: [tensor])
            }
            return model
        }
        let target = try model("target", [("normals", 1), ("sal", 1)])
        let (other, equal) = (
            try model("other", [("depth", 1), ("normals", 2)]), try model("equal", [("depth", 1), ("normals", 1)])
        )
        #expect(
            sentence { _ = try ModelFolder.merge([other], at: target.path) }?
                .contains("is another task of the same name") == true)
        #expect(try target.tasks() == ["normals", "sal"])
        #expect(try ModelFolder.merge([equal], at: target.path).tasks() == ["depth", "normals", "sal"])
    }

    @Test("a damaged task can be removed")
    func removing() throws {
        let folder = try TemporaryFolder()
        let model = try ModelFolder.create(at: folder("model"), describedBy: description, bank: bank())
        try model.write(task: "depth", tensors: task("depth"))
        try put(bytes(of: model.taskPath("depth")).dropLast(3), at: model.taskPath("depth"))
        #expect(sentence { _ = try model.task("depth") } != nil)
        try model.remove("depth")
        #expect(try model.tasks() == [])
        #expect(sentence { try model.remove("depth") }?.contains("the model has no task 'depth'") == true)
    }

    /// A line of `model.yaml`, what replaces it, and what the refusal must say.
    @Test(arguments: [
        ("width: 16", "width: -16", "line 3: width '-16' is not a positive whole number"),
        ("width: 16", "width: 016", "line 3: width '016' is not a positive whole number"),
        ("width: 16", "width: 16\r", "line 3: width '16\u{FFFD}' is not a positive whole number"),
        ("width: 16", "wide: 16", "line 3: the key 'wide' is unknown; the keys are format, backbone, width"),
        ("width: 16", "", "the key 'width' is missing"),
        ("width: 16", "low: 12", "line 8: low '12' is given twice"),
        ("width: 16", "width:16", "line 3: 'width:16' is not 'key: value'"),
        ("nff: true", "nff: yes", "line 6: nff 'yes' is neither true nor false"),
        ("method: rcm", "method: a b", "line 5: method 'a b' is not a plain name"),
        ("format: 1", "format: 2", "line 1: format '2' is not 1"),
        ("bank_sha256: ", "bank_sha256: 0", "is not a SHA-256"),
    ])
    func aBadDescriptionIsRefusedWithItsLine(_ old: String, _ new: String, _ message: String) throws {
        let folder = try TemporaryFolder()
        _ = try ModelFolder.create(at: folder("model"), describedBy: description, bank: bank())
        let yaml = folder("model/model.yaml")
        let text = String(decoding: try bytes(of: yaml), as: UTF8.self)
        try put(text.replacingOccurrences(of: old, with: new).utf8, at: yaml)
        let refusal = sentence { _ = try ModelFolder(opening: folder("model")) } ?? "accepted"
        #expect(refusal.contains(message) && refusal.hasPrefix(yaml), "\(refusal)")
    }
}
