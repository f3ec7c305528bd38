import Archives
import Checkpoints
import Datasets
import Foundation
import Fuzzing
import ProgramTesting
import Testing

/// Files that hold no ResNet of those that are read: each is named for what it is, in one sentence.
@Suite struct ForeignFileTests {
    private static let pickle = PickleBuilder()

    /// A file as another program writes it, as far as it is looked at, and what is said of it.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let bytes: [UInt8]
        let parts: [String]

        init(_ name: String, _ bytes: [UInt8], _ parts: String...) {
            self.name = name
            self.bytes = bytes
            self.parts = parts
        }

        init(_ name: String, _ text: String, _ parts: String...) {
            self.name = name
            bytes = Array(text.utf8)
            self.parts = parts
        }

        var testDescription: String { name }
    }

    private func sentence(of bytes: [UInt8], in folder: URL, name: String = "weights") throws -> String {
        let file = folder.appendingPathComponent(name)
        try Data(bytes).write(to: file)
        let model = folder.appendingPathComponent("model").path
        let outcome = try Program.run("initialize", model, "--from", file.path)
        #expect(outcome.status == 2, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.isEmpty && !FileManager.default.fileExists(atPath: model))
        #expect(outcome.errors.hasPrefix("modulor: \(file.path): it"))
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        return outcome.errors
    }

    // MARK: containers

    /// A pickle of a dictionary of arrays, up to where NumPy is asked for.
    private static func arrays(_ asking: [UInt8]) -> [UInt8] {
        [0x80, 2, 0x7D, 0x28] + pickle.text("conv1.weight") + asking + [UInt8](repeating: 0, count: 64)
    }

    private static func zip(_ names: String...) -> [UInt8] {
        ZipBuilder().archive(names.map { ($0, NumPyArray.encoded([1, 2], shape: [2])) })
    }

    private static let numpy = pickle.name("numpy.core.multiarray", "_reconstruct")
    private static let hdf5: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    static let containers: [Case] = [
        Case("pickle", arrays(numpy), "a pickle with arrays of NumPy", "safetensors.numpy.save_file(pickle.load("),
        Case("pickle of NumPy 2", arrays(pickle.name("numpy._core.multiarray", "_reconstruct")), "arrays of NumPy"),
        Case(
            "pickle of protocol 0", "(dp0\nVconv1.weight\np1\ncnumpy.core.multiarray\n_reconstruct\n", "a Python pickle"
        ),
        Case(
            "pdparams", arrays(numpy) + Array("StructuredToParameterName@@".utf8), "a file of Paddle's (.pdparams)",
            "_variance"),
        Case("npz", zip("conv1.weight.npy", "fc.npy"), "NumPy's arrays (.npz)", "save_file(dict(numpy.load("),
        Case("npy", NumPyArray.encoded([1, 2], shape: [2]), "a NumPy array (.npy)"),
        Case("keras", zip("metadata.json", "model.weights.h5"), "an archive of Keras (.keras)", "layouts are others"),
        Case("keras.h5", hdf5 + Array("keras_version".utf8), "a Keras file (HDF5)", "into the same network of PyTorch"),
        Case("h5", hdf5 + [0, 0, 0, 0], "an HDF5 file", "save_file({name: array"),
        Case("onnx", [8, 8, 58, 100] + Array("graph".utf8), "an ONNX network", "that it was exported from"),
        Case("tflite", [28, 0, 0, 0] + Array("TFL3".utf8) + [0, 0], "a TensorFlow Lite network"),
        Case("zipped", zip("resnet18.pth"), "a zip archive with the file 'resnet18.pth' in it", "unpack it first"),
        Case("gzip", [0x1F, 0x8B, 8, 0], "compressed by gzip", "gzip -d"),
        Case("mat", MATBuilder().file([]), "a MAT file"),
        Case("picture", [0xFF, 0xD8, 0xFF, 0xE0], "a JPEG picture", "name the file with the network's weights"),
        Case(
            "Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 46830571\n",
            "a Git LFS pointer to a file of 46830571 bytes", "git lfs pull"),
        Case("git-annex", "/annex/objects/SHA256E-s46--4d7a.pth\n", "a pointer of git-annex", "git annex get"),
        Case("DVC", "outs:\n- md5: a304afb96060aad90176268345e10355\n  path: a.pth\n", "a pointer of DVC", "dvc pull"),
        Case(
            "HTML", "\n<!DOCTYPE html>\n<html><head><title>\n Sign in  to\u{202E} Hub </title></head></html>",
            "an HTML page ('Sign in to? Hub')", "/resolve/ in place of /blob/"),
        Case("XML", "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "an XML document"),
        Case("text", "404: Not Found", "text that begins with '404: Not Found'", "download the file again"),
        Case("empty", "", "an empty file", "download the file again"),
        Case("zeros", [UInt8](repeating: 0, count: 4096), "no more than zeros", "download the file again"),
    ]

    @Test(arguments: containers) func aFileOfAnotherKindIsNamed(file: Case) throws {
        try withTemporaryFolder { folder in
            let sentence = try sentence(of: file.bytes, in: folder)
            for part in file.parts { #expect(sentence.contains(part), "\(sentence)") }
            let inspected = try Program.run("inspect", folder.appendingPathComponent("weights").path)
            #expect(inspected.status == 0 || inspected.errors == sentence, "\(inspected.errors)")
        }
    }

    /// Numbers of NumPy beside tensors, as of a best score, and tensors that are no arrays of numbers.
    @Test(arguments: [
        (pickle.name("numpy.core.multiarray", "scalar"), "arrays or numbers of NumPy", "checkpoint['state_dict']"),
        (pickle.name("torch._utils", "_rebuild_qtensor"), "quantized tensors", "before it was quantized"),
        (pickle.name("torch._utils", "_rebuild_sparse_tensor"), "sparse tensors", "to_dense()"),
    ]) func whatCheckpointsHoldBesideTensorsIsNamed(asking: [UInt8], kind: String, remedy: String) throws {
        try withTemporaryFolder { folder in
            let sentence = try sentence(of: Self.pickle.file(asking), in: folder)
            #expect(sentence.contains("it holds \(kind)") && sentence.contains(remedy), "\(sentence)")
        }
    }

    @Test func aBankThatIsAnotherFileIsNamed() throws {
        try withTemporaryFolder { folder in
            let demo = Program.repository.appendingPathComponent("launch/recipes/demo.yaml").path
            for (bytes, part) in [
                (Array("version https://git-lfs.github.com/spec/v1\nsize 9\n".utf8), "a Git LFS pointer"),
                (
                    [UInt8](try Data(contentsOf: URL(fileURLWithPath: WeightFileTests.fixture("resnet18")))),
                    "initialize"
                ),
            ] {
                let bank = folder.appendingPathComponent("bank.safetensors")
                try Data(bytes).write(to: bank)
                let run = folder.appendingPathComponent("run").path
                let outcome = try Program.run("train", demo, "--set", "model.bank=\(bank.path)", "--output", run)
                #expect(outcome.status == 1 && outcome.errors.contains(part), "\(outcome.errors)")
            }
        }
    }

    // MARK: networks

    /// Names and shapes as libraries give them, of the tensors that tell.
    struct Network: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let tensors: [(String, [Int])]
        let parts: [String]

        init(_ name: String, _ tensors: [String: [Int]], _ parts: String...) {
            testDescription = name
            self.tensors = tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            self.parts = parts
        }

        init(_ name: String, _ names: [String], _ parts: String...) {
            testDescription = name
            tensors = names.map { ($0, [1]) }
            self.parts = parts
        }
    }

    /// The beginning of a ResNet with bottlenecks under torchvision's names.
    private static func bottlenecks(_ change: [String: [Int]?]) -> [String: [Int]] {
        var tensors: [String: [Int]] = [
            "conv1.weight": [64, 3, 7, 7], "layer1.0.conv1.weight": [64, 64, 1, 1],
            "layer1.0.conv2.weight": [64, 64, 3, 3], "layer1.0.conv3.weight": [256, 64, 1, 1],
        ]
        for part in ["weight", "bias", "running_mean", "running_var"] { tensors["bn1.\(part)"] = [64] }
        for (name, shape) in change { tensors[name] = shape }
        return tensors
    }

    static let networks: [Network] = [
        Network(
            "Hugging Face ResNet",
            [
                "resnet.embedder.embedder.convolution.weight", "resnet.embedder.embedder.normalization.weight",
                "resnet.encoder.stages.0.layers.0.layer.0.convolution.weight", "classifier.1.weight",
            ], "a Hugging Face ResNet (resnet.embedder.embedder.convolution.weight", "timm.create_model('resnet18'"),
        Network(
            "Hugging Face ResNet without its head",
            ["embedder.embedder.convolution.weight", "encoder.stages.0.layers.0.layer.0.convolution.weight"],
            "a Hugging Face ResNet"),
        Network(
            "Hugging Face RegNet",
            [
                "regnet.embedder.embedder.convolution.weight",
                "regnet.encoder.stages.0.layers.0.layer.0.convolution.weight",
            ], "a Hugging Face RegNet"),
        Network(
            "wide_resnet50_2",
            bottlenecks([
                "layer1.0.conv1.weight": [128, 64, 1, 1], "layer1.0.conv2.weight": [128, 128, 3, 3],
                "layer1.0.conv3.weight": [256, 128, 1, 1],
            ]), "a Wide ResNet, whose bottlenecks have 128 channels"),
        Network(
            "resnext50_32x4d",
            bottlenecks([
                "layer1.0.conv1.weight": [128, 64, 1, 1], "layer1.0.conv2.weight": [128, 4, 3, 3],
                "layer1.0.conv3.weight": [256, 128, 1, 1],
            ]), "grouped convolutions, a ResNeXt: 32 groups in layer1.0.conv2.weight of shape [128, 4, 3, 3]"),
        Network(
            "resnet50_gn", bottlenecks(["bn1.running_mean": nil, "bn1.running_var": nil]),
            "group norms", "there is no bn1.running_mean"),
        Network(
            "merged batch norms",
            [
                "conv1.weight": [64, 3, 7, 7], "conv1.bias": [64], "layer1.0.conv1.weight": [64, 64, 3, 3],
                "layer1.0.conv1.bias": [64],
            ], "whose batch norms were merged into its convolutions (conv1.bias)"),
        Network(
            "one channel", bottlenecks(["conv1.weight": [64, 1, 7, 7]]), "pictures of 1 channels and not of red, green"),
        Network("CIFAR", bottlenecks(["conv1.weight": [64, 3, 3, 3]]), "3 × 3 taps and not 7 × 7"),
        Network(
            "nn.Sequential", ["0.weight", "1.weight", "4.0.conv1.weight", "7.0.conv1.weight"],
            "a ResNet inside nn.Sequential", "before its layers are put into nn.Sequential"),
        Network(
            "Detectron2", ["backbone.bottom_up.stem.conv1.weight", "backbone.bottom_up.res2.0.conv1.weight"],
            "the names of Detectron2", "rename stem.conv1 to conv1"),
        Network("resnet18d", ["conv1.0.weight", "conv1.3.weight", "layer1.0.conv1.weight"], "a stem of several"),
        Network(
            "CLIP",
            [
                "visual.conv1.weight": [32, 3, 3, 3], "visual.bn1.weight": [32], "visual.bn1.running_mean": [32],
                "visual.layer1.0.conv1.weight": [64, 64, 1, 1], "visual.attnpool.positional_embedding": [50, 2048],
            ], "a CLIP network"),
        Network(
            "ConvNeXt of torchvision", ["features.1.0.layer_scale", "features.1.0.block.0.weight"], "a ConvNeXt ("),
        Network(
            "ConvNeXt of timm",
            ["stem.0.weight", "stages.0.blocks.0.conv_dw.weight", "stages.0.blocks.0.mlp.fc1.weight"],
            "a ConvNeXt ("),
        Network(
            "ViT of timm", ["cls_token", "patch_embed.proj.weight", "blocks.0.attn.qkv.weight"], "a Vision Transf"),
        Network(
            "ViT of torchvision",
            ["encoder.pos_embedding", "encoder.layers.encoder_layer_0.self_attention.in_proj_weight"], "a Vision Transf"
        ),
        Network(
            "ViT of Hugging Face", ["embeddings.cls_token", "embeddings.patch_embeddings.projection.weight"], "a Vis"),
        Network("MobileNet", ["features.0.0.weight", "features.1.conv.0.0.weight"], "a MobileNet ("),
        Network(
            "EfficientNet of timm", ["conv_stem.weight", "blocks.0.0.conv_dw.weight"], "a MobileNet or EfficientNet"),
        Network("DenseNet", ["features.denseblock1.denselayer1.norm1.weight"], "a DenseNet"),
        Network("Swin", ["patch_embed.proj.weight", "layers.0.blocks.0.attn.relative_position_bias_table"], "a Swin"),
        Network(
            "HRNet", ["conv1.weight": [64, 3, 3, 3], "stage2.0.branches.0.0.conv1.weight": [18, 18, 3, 3]], "an HRNet"),
        Network("YOLO", ["model.0.conv.weight", "model.1.conv.weight"], "a YOLO detector"),
        Network("LoRA", ["base_model.model.layer1.0.conv1.lora_A.weight"], "a LoRA adapter"),
        Network(
            "unknown", ["a.weight", "b.weight", "c.weight", "d.weight"], "not known here", "(a.weight, b.weight, c.w"),
        Network(
            "resnet101", bottlenecks(["layer1.1.conv1.weight": [64, 256, 1, 1]]),
            "its stages have 2, 0, 0, 0 bottlenecks"),
    ]

    @Test(arguments: networks) func aNetworkOfAnotherKindIsNamed(network: Network) throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("network.safetensors")
            try SafetensorsFile.write(
                to: file.path,
                tensors: network.tensors.map { name, shape in
                    TensorEntry(
                        name, elementType: .uint8, shape: shape, bytes: [UInt8](repeating: 0, count: shape.reduce(1, *))
                    )
                })
            let sentence = try sentence(of: [UInt8](Data(contentsOf: file)), in: folder)
            for part in network.parts { #expect(sentence.contains(part), "\(sentence)") }
            #expect(!sentence.contains("no ResNet"))
            #expect(network.tensors.count { sentence.contains($0.0) } <= 3, "\(sentence)")
        }
    }

    @Test func aTaskOfAModelIsNoBank() throws {
        try withTemporaryFolder { folder in
            let model = folder.appendingPathComponent("made").path
            try Program.succeed("initialize", model, "--from", WeightFileTests.fixture("official"))
            let task = try Data(contentsOf: URL(fileURLWithPath: model + "/tasks/depth.safetensors"))
            #expect(
                try sentence(of: [UInt8](task), in: folder).contains("one task of a model; name the bank.safetensors"))
        }
    }

    // MARK: several networks

    private func toldNetworks(_ file: String, in folder: URL) throws -> String {
        let model = folder.appendingPathComponent("model").path
        let made = try Program.succeed("initialize", model, "--from", file, "--json").output
        let report = try #require(JSONSerialization.jsonObject(with: Data(made.utf8)) as? [String: Any])
        return report["networks"] as? String ?? "one"
    }

    @Test(arguments: [
        (["student.backbone.", "teacher.backbone."], "two networks: taken teacher.backbone, not student.backbone"),
        (["module.encoder_q.", "module.encoder_k."], "two networks: taken module.encoder_k, not module.encoder_q"),
        (["backbone.", "ema.backbone."], "two networks: taken backbone, not ema.backbone"),
        (["", "a.", "bb."], "three networks: taken the one without a prefix, not a, bb"),
        (["backbone.body."], "one"),
    ]) func whichOfSeveralNetworksWasTakenIsSaid(prefixes: [String], sentence: String) throws {
        try withTemporaryFolder { folder in
            let source = try TensorFiles.open(WeightFileTests.fixture("resnet18"))
            let tensors = try prefixes.flatMap { prefix in
                try source.tensors.filter { !$0.name.hasSuffix("tracked") }.map { tensor in
                    TensorEntry(
                        prefix + tensor.name, shape: tensor.shape,
                        values: try source.floats(tensor.name, shape: tensor.shape))
                }
            }
            let file = folder.appendingPathComponent("several.safetensors").path
            try SafetensorsFile.write(to: file, tensors: tensors)
            #expect(try toldNetworks(file, in: folder) == sentence)
        }
    }

    @Test(arguments: [
        (["model", "model_ema"], "two networks: taken model, not model_ema"),
        (["ema_state_dict", "state_dict"], "two networks: taken state_dict, not ema_state_dict"),
        (["state_dict"], "one"),
    ]) func whichOfSeveralStateDictionariesWasTakenIsSaid(keys: [String], sentence: String) throws {
        try withTemporaryFolder { folder in
            let source = try TensorFiles.open(WeightFileTests.fixture("resnet18"))
            let tensors = source.tensors.map { (name: $0.name, shape: $0.shape) }
            let file = folder.appendingPathComponent("several.pth").path
            try Data(Self.pickle.file(networks: keys.map { ($0, tensors) })).write(to: URL(fileURLWithPath: file))
            #expect(try toldNetworks(file, in: folder) == sentence)
            let seen = try Program.succeed("inspect", file).output
            #expect(seen.contains("shown of \(sentence)") == (keys.count > 1), "\(seen)")
            #expect(!seen.contains("no tensors: "), "\(seen)")
        }
    }
}
