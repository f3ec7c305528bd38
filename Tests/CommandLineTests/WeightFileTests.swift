import Archives
import Checkpoints
import Foundation
import Fuzzing
import ProgramTesting
import Testing

/// Files of weights with something wrong in them: the tensor or the part is named, and nothing is written.
@Suite struct WeightFileTests {
    static func fixture(_ name: String) -> String {
        Program.repository.appendingPathComponent("Tests/CheckpointsTests/Fixtures/pytorch/\(name).pth").path
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// The tensors of a file, each changed by `change`.
    private func tensors(
        _ file: any TensorFile, _ change: (String, inout [Float]) -> Void = { _, _ in }
    ) throws -> [TensorEntry] {
        try file.tensors.filter { !$0.name.hasSuffix("num_batches_tracked") }.map { tensor in
            var values = try file.floats(tensor.name, shape: tensor.shape)
            change(tensor.name, &values)
            return TensorEntry(tensor.name, shape: tensor.shape, values: values)
        }
    }

    /// Runs `initialize` on a copy of a ResNet-18 to which something was done.
    private func initializing(
        in folder: URL, _ change: (String, inout [Float]) -> Void = { _, _ in }, more: [TensorEntry] = [],
        without name: String? = nil
    ) throws -> (outcome: Program.Outcome, model: String) {
        let path = folder.appendingPathComponent("weights.safetensors").path
        let source = try tensors(TensorFiles.open(Self.fixture("resnet18")), change).filter { $0.name != name }
        try SafetensorsFile.write(to: path, tensors: source + more)
        let model = folder.appendingPathComponent("model").path
        return (try Program.run("initialize", model, "--from", path), model)
    }

    // MARK: values

    @Test(arguments: [
        ("conv1.weight", Float.nan, "at [0, 0, 0, 2] is NaN"),
        ("layer2.0.bn2.bias", .infinity, "at [2] is infinite"),
        ("layer1.0.bn1.running_mean", -.infinity, "at [2] is infinite"),
        ("layer4.0.downsample.1.running_var", -1, "at [2] is -1.0, and a variance is never negative"),
    ])
    func aValueThatNoNetworkComputesWithIsRefused(tensor: String, value: Float, sentence: String) throws {
        try withTemporaryFolder { folder in
            let (outcome, model) = try initializing(in: folder) { name, values in
                if name == tensor { values[2] = value }
            }
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("weights.safetensors, tensor '\(tensor)': its value \(sentence)"))
            #expect(outcome.errors.contains("take a file from before its training diverged"), "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: model))
        }
    }

    @Test func severalAreCounted() throws {
        try withTemporaryFolder { folder in
            let (outcome, _) = try initializing(in: folder) { name, values in
                if name == "bn1.running_var" { values[1] = -0.5; values[3] = .nan }
            }
            #expect(outcome.errors.contains("at [1] is -0.5, and a variance is never negative, the first of 2 such"))
        }
    }

    @Test func whatIsAllowedIsRead() throws {
        try withTemporaryFolder { folder in
            // Channels that were never active have no variance; counts of batches are no weights.
            let count = TensorEntry("bn1.num_batches_tracked", shape: [], values: [Int64(-1)])
            let (outcome, _) = try initializing(
                in: folder,
                { name, values in
                    if name == "bn1.running_var" { values = [0, -0.0, .leastNonzeroMagnitude, 1e30] }
                    if name == "bn1.running_mean" { values[0] = -1e30 }
                }, more: [count])
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
    }

    @Test func doublesThatFloatsCannotHoldAreRefused() throws {
        try withTemporaryFolder { folder in
            let large = TensorEntry("bn1.bias", shape: [4], values: [0, 1e39, 0, 0])
            let (outcome, _) = try initializing(in: folder, more: [large], without: "bn1.bias")
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("tensor 'bn1.bias': its value at [1] is infinite or too large for float32"))
        }
    }

    @Test func halvesThatOverflowedAreRefused() throws {
        try withTemporaryFolder { folder in
            let infinity: [UInt8] = [0x00, 0x7C]
            let half = TensorEntry(
                "bn1.bias", elementType: .float16, shape: [4], bytes: [UInt8](repeating: 0, count: 6) + infinity)
            let (outcome, _) = try initializing(in: folder, more: [half], without: "bn1.bias")
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("tensor 'bn1.bias': its value at [3] is infinite"), "\(outcome.errors)")
        }
    }

    /// Models as programs that did not look wrote them.
    @Test func modelsWithSuchValuesAreRefusedByAllThatUseThem() throws {
        try withTemporaryFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            try Program.succeed("initialize", path("sound"), "--from", Self.fixture("official"))
            let sound = try ModelFolder(opening: path("sound"))
            let bank = try tensors(sound.bank()) { name, values in
                if name == "layer1.0.conv1.Ws.weight" { values[0] = .nan }
            }
            let model = try ModelFolder.create(
                at: path("nan"), describedBy: sound.modelDescription, bank: bank, metadata: sound.bank().metadata)
            try Data(contentsOf: URL(fileURLWithPath: model.bankPath))
                .write(to: URL(fileURLWithPath: path("bank.safetensors")))
            let inBank = "tensor 'layer1.0.conv1.Ws.weight': its value at [0, 0, 0, 0] is NaN"
            func refuse(_ arguments: [String], status: Int32 = 2, _ part: String) throws {
                let outcome = try Program.run(arguments)
                #expect(outcome.status == status, "\(arguments): \(outcome.output)\(outcome.errors)")
                #expect(outcome.errors.contains(part), "\(arguments): \(outcome.errors)")
            }
            let merged = ["--output", path("merged")]
            try refuse(["merge-models", path("nan"), path("nan")] + merged, inBank)
            let demo = Program.repository.appendingPathComponent("launch/recipes/demo.yaml").path
            try refuse(["add", "normals", "--to", path("nan"), demo, "--output", path("run")], inBank)
            let small = ["model.width=2", "model.aspp=8", "model.low=4", "data.crop=[32, 32]", "tasks={depth: {}}"]
            try refuse(
                ["train", demo, "--output", path("run"), "--set", "model.bank=\(path("bank.safetensors"))"]
                    + small.flatMap { ["--set", $0] }, status: 1, inBank)
            for name in ["merged", "run"] {
                #expect(!FileManager.default.fileExists(atPath: path(name)), "\(name)")
            }
            // Whoever looks into it is shown what there is.
            #expect(try Program.run("inspect", path("nan")).status == 0)

            let file = try sound.task("depth")
            let own = try tensors(file) { name, values in
                if name == "predict.depth.bias" { values[0] = .infinity }
            }
            try sound.write(
                task: "depth", tensors: own,
                metadata: file.metadata.filter { !["format", "task", "method", "bank_sha256"].contains($0.key) })
            let inTask = "tensor 'predict.depth.bias': its value at [0] is infinite"
            try refuse(["merge-models", path("sound"), path("sound")] + merged, inTask)
            #expect(!FileManager.default.fileExists(atPath: path("merged")))
            let picture = Program.repository.appendingPathComponent(
                "Tests/DatasetsTests/Fixtures/NYUD_MT/images/1001.jpg"
            ).path
            try refuse(["predict", path("sound"), picture, "--output", path("answers")], inTask)
            try refuse(["export", path("sound"), "--to", path("all.onnx")], status: 1, inTask)
            #expect(!FileManager.default.fileExists(atPath: path("all.onnx")))
        }
    }

    /// A bank of ours is copied as it is, and looked at before.
    @Test func aBankWithSuchValuesMakesNoModel() throws {
        try withTemporaryFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            try Program.succeed("initialize", path("sound"), "--from", Self.fixture("resnet18"))
            let bank = try ModelFolder(opening: path("sound")).bank()
            let values = try tensors(bank) { name, values in
                if name == "bn1.bnorm.running_var" { values[3] = -2 }
            }
            try SafetensorsFile.write(to: path("bank"), tensors: values, metadata: bank.metadata)
            let outcome = try Program.run("initialize", path("again"), "--from", path("bank"))
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("tensor 'bn1.bnorm.running_var': its value at [3] is -2.0, and a variance"))
            #expect(!FileManager.default.fileExists(atPath: path("again")))
        }
    }

    // MARK: checksums

    @Test func aFlippedByteIsFoundByItsChecksum() throws {
        try withTemporaryFolder { folder in
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.fixture("resnet18"))))
            let archive = try ZipArchive(byteCount: bytes.count) { Array(bytes[$0..<$0 + $1]) }
            let largest = try #require(archive.parts.max { $0.byteCount < $1.byteCount })
            bytes[largest.bytes.lowerBound + 1001] ^= 0x10
            let file = folder.appendingPathComponent("resnet18.pth").path
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            let model = folder.appendingPathComponent("model").path
            for arguments in [["initialize", model, "--from", file], ["inspect", file]] {
                let outcome = try Program.run(arguments)
                #expect(outcome.status == 2)
                #expect(
                    outcome.errors.hasPrefix("modulor: \(file): it is damaged: the bytes of its part '\(largest.name)'")
                )
                #expect(outcome.errors.contains("(CRC-32); copy or download the file again"), "\(outcome.errors)")
                #expect(!outcome.errors.contains("--ignore-crc"))
            }
            #expect(!FileManager.default.fileExists(atPath: model))
            try Program.succeed("initialize", model, "--from", file, "--ignore-crc")
        }
    }

    @Test func aFileWithoutChecksumsIsReadWhereTheyAreIgnored() throws {
        try withTemporaryFolder { folder in
            // What PyTorch writes after set_crc32_options(False): 0 everywhere.
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.fixture("resnet18"))))
            ZipBuilder.rewriteChecksums(of: &bytes) { _ in 0 }
            let file = folder.appendingPathComponent("resnet18.pth").path
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            let model = folder.appendingPathComponent("model").path
            for arguments in [["initialize", model, "--from", file], ["inspect", file]] {
                let outcome = try Program.run(arguments)
                #expect(outcome.status == 2)
                #expect(outcome.errors.contains("torch.serialization.set_crc32_options(False); save it again without"))
                #expect(outcome.errors.contains("or give --ignore-crc"), "\(outcome.errors)")
                try Program.succeed(arguments + ["--ignore-crc"])
            }
        }
    }

    @Test(.enabled(if: Python.has("torch"), "Python has no torch")) func whatPyTorchWritesWithoutThemIsToldApart()
        throws
    {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("weights.pth").path
            let script = """
                import sys, torch
                torch.serialization.set_crc32_options(False)
                torch.save({"weight": torch.ones(3), "count": torch.tensor(2)}, sys.argv[1])
                """
            let saved = try Python.run(["-c", script, file])
            try #require(saved.status == 0, "\(saved.errors)")
            #expect(try Program.run("inspect", file).errors.contains("set_crc32_options(False)"))
            #expect(try Program.succeed("inspect", file, "--ignore-crc").output.contains("2 tensors"))
        }
    }

    // MARK: types

    /// A safetensors file whose tensors are of types that are not read.
    private func foreign(_ tensors: [String], bytes: Int, at path: String) throws {
        let header = Array("{\(tensors.joined(separator: ","))}".utf8)
        let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
        try Data(length + header + [UInt8](repeating: 0, count: bytes)).write(to: URL(fileURLWithPath: path))
    }

    @Test func typesThatAreNotUsedAreShown() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("types.safetensors").path
            let types: [(String, [Int], Int)] = [
                ("F8_E4M3", [2, 3], 6), ("F8_E5M2", [4], 4), ("F8_E8M0", [2], 2), ("F8_E4M3FNUZ", [2], 2),
                ("F4", [3], 2),
                ("F6_E2M3", [4], 3), ("F6_E3M2", [8], 6), ("C64", [1], 8), ("X128", [1], 16), ("BF16", [2], 4),
            ]
            var start = 0
            var tensors: [String] = []
            for (type, shape, count) in types {
                tensors.append(
                    #""of\#(type)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(start),\#(start + count)]}"#
                )
                start += count
            }
            tensors.append(
                #""scaled":{"dtype":"F32","shape":[1],"scale":{"by":[1.5e3,null]},"data_offsets":[\#(start),\#(start + 4)]}"#
            )
            try foreign(tensors, bytes: start + 4, at: file)
            let rows = try #require(
                object(Program.succeed("inspect", file, "--json").output)["rows"] as? [[String: Any]])
            for (type, shape, count) in types {
                let row = try #require(rows.first { $0["name"] as? String == "of" + type })
                #expect(row["type"] as? String == type && row["shape"] as? [Int] == shape, "\(type)")
                #expect(row["bytes"] as? Int == count, "\(type)")
            }
            #expect(rows.last?["other_fields"] as? [String] == ["scale"])
            let text = try Program.succeed("inspect", file).output
            #expect(text.contains("F8_E4M3FNUZ") && text.contains("X128") && text.contains("F32 with scale"), "\(text)")
        }
    }

    /// Changes the header of a safetensors file, and leaves the bytes of its tensors.
    private func changeHeader(of file: URL, _ change: (inout String) throws -> Void) throws {
        var bytes = [UInt8](try Data(contentsOf: file))
        let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        var header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
        try change(&header)
        let text = Array(header.utf8)
        bytes.replaceSubrange(
            ..<(8 + length), with: withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) })
        bytes.insert(contentsOf: text, at: 8)
        try Data(bytes).write(to: file)
    }

    @Test(arguments: [
        (#""dtype":"F8_E4M3","shape":[4],"#, "it holds F8_E4M3, needed is F32, F16, BF16 or F64"),
        (#""dtype":"X1","shape":[4],"#, "it holds X1, needed is F32, F16, BF16 or F64"),
        (#""dtype":"U8","shape":[4],"#, "it holds U8, needed is F32, F16, BF16 or F64"),
    ])
    func usingSuchATypeIsRefused(tensor: String, sentence: String) throws {
        try withTemporaryFolder { folder in
            let (sound, _) = try initializing(in: folder)
            #expect(sound.status == 0)
            // The header of the sound file with another type for one tensor of as many bytes.
            let file = folder.appendingPathComponent("weights.safetensors")
            try changeHeader(of: file) { header in
                let known = try #require(header.firstRange(of: #""bn1.bias":{"dtype":"F32","shape":[4],"#))
                let end = try #require(header[known.upperBound...].firstIndex(of: "]"))
                let offsets = header[known.upperBound...end].split(whereSeparator: { !$0.isNumber }).compactMap {
                    Int($0)
                }
                let (begin, after) = (offsets[0], offsets[0] + 4)
                // What is left of the bytes belongs to another one.
                header.replaceSubrange(
                    known.lowerBound...end,
                    with: #""bn1.bias":{\#(tensor)"data_offsets":[\#(begin),\#(after)]},"#
                        + #""rest":{"dtype":"U8","shape":[\#(offsets[1] - after)],"data_offsets":[\#(after),\#(offsets[1])]"#
                )
            }
            let outcome = try Program.run(
                "initialize", folder.appendingPathComponent("other").path, "--from", file.path)
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("tensor 'bn1.bias': \(sentence)"), "\(outcome.errors)")
        }
    }

    @Test func usingATensorWithAnUnknownFieldIsRefused() throws {
        try withTemporaryFolder { folder in
            let (sound, _) = try initializing(in: folder)
            #expect(sound.status == 0)
            let file = folder.appendingPathComponent("weights.safetensors")
            try changeHeader(of: file) { $0.replace(#""bn1.bias":{"#, with: #""bn1.bias":{"zero_point":[3],"#) }
            let outcome = try Program.run(
                "initialize", folder.appendingPathComponent("other").path, "--from", file.path)
            #expect(outcome.status == 2)
            #expect(
                outcome.errors.contains("tensor 'bn1.bias': the header gives its 'zero_point', which may change"),
                "\(outcome.errors)")
        }
    }
}
