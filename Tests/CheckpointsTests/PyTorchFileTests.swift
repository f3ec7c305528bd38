import Checkpoints
import Foundation
import ProgramTesting
import Testing

@Suite("Files that PyTorch wrote")
struct PyTorchFileTests {
    @Test(
        "a ResNet's state dict in the archive and in the older form",
        arguments: [
            ("resnet18", "", StoredElementType.float32, [String]()),
            ("resnet18-older", "module.", .float16, ["epoch"]), ("resnet50", "model.", .bfloat16, []),
        ])
    func stateDictionaries(name: String, prefix: String, type: StoredElementType, others: [String]) throws {
        let file = try PyTorchFile(path: PyTorchFixtures.path(name))
        #expect(file.others == others)
        #expect(file.tensors.first?.name == prefix + "conv1.weight")
        #expect(file.tensors.count == (name == "resnet50" ? 320 : 122))
        for tensor in file.tensors where !tensor.name.hasSuffix("num_batches_tracked") {
            #expect(tensor.elementType == type)
            let own = String(tensor.name.dropFirst(prefix.count))
            let expected = PyTorchFixtures.values(own, count: tensor.elementCount)
            #expect(try file.floats(tensor.name, shape: tensor.shape) == expected, "\(tensor.name)")
        }
        let steps = prefix + "bn1.num_batches_tracked"
        #expect(try file.values(steps, shape: [], of: Int64.self) == [7])
    }

    @Test(
        "types, views and containers, in every protocol and both forms",
        arguments: [
            "various-protocol2", "various-protocol3", "various-protocol4", "various-protocol5", "various-older",
            "various-older-protocol4",
        ])
    func various(name: String) throws {
        let file = try PyTorchFile(path: PyTorchFixtures.path(name))
        #expect(file.others.filter { !$0.hasPrefix("size.") } == ["epoch", "arch", "loss", "done", "nothing"])
        func values(_ name: String, _ shape: [Int]) throws -> [Float] { try file.floats(name, shape: shape) }
        for name in ["double", "half", "bfloat"] {
            #expect(try values(name, [2, 3]) == PyTorchFixtures.values(name, count: 6))
        }
        #expect(try file.values("long", shape: [2], of: Int64.self) == [-(1 << 40), 5])
        #expect(file.tensor("mask")?.elementType == .boolean)
        #expect(try file.values("byte", shape: [1, 1], of: UInt8.self) == [200])
        #expect(file.tensor("unsigned")?.elementType == .uint16)
        #expect(try values("scalar", []) == [0.5])
        #expect(try values("empty", [0, 3]) == [])
        #expect(try values("parameter", [4]) == PyTorchFixtures.values("parameter", count: 4))
        let base = PyTorchFixtures.values("base", count: 15)
        #expect(try values("base", [3, 5]) == base)
        #expect(try values("transposed", [5, 3]) == (0..<15).map { base[$0 % 3 * 5 + $0 / 3] })
        #expect(try values("column", [3]) == [base[2], base[7], base[12]])
        #expect(try values("rows", [2, 5]) == Array(base[5...]))
        #expect(try values("last", [2, 3, 2, 2]) == PyTorchFixtures.values("last", count: 24))
        #expect(try values("nested.list.0", [2]) == PyTorchFixtures.values("nested.list.0", count: 2))
        #expect(try values("nested.list.1.0", [3]) == PyTorchFixtures.values("nested.list.1.0", count: 3))
        #expect(file.sharedBytes() == ["transposed": "base", "column": "base", "rows": "base"])
    }

    @Test("tensors that lie otherwise have the digest of their elements in order")
    func digests() throws {
        let file = try PyTorchFile(path: PyTorchFixtures.path("various-protocol2"))
        let last = try #require(file.tensor("last"))
        let expected = PyTorchFixtures.values("last", count: 24).withUnsafeBytes { SHA256.hexadecimal(of: $0) }
        #expect(try file.hexadecimalDigest(of: last) == expected)
        // Among them views of the same bytes in another order.
        let digests = try file.tensors.map { try file.hexadecimalDigest(of: $0) }
        #expect(try file.hexadecimalDigests() == digests)
    }

    @Test(
        "what is more than tensors is refused by its name, and nothing of it is run",
        arguments: [
            ("call-system", "it asks for posix.system, which is code and is never run"),
            ("call-system-older", "it asks for posix.system, which is code and is never run"),
            ("call-eval", "eval, which is code and is never run"),
            ("module", "it asks for torch.nn.modules.linear.Linear, which is code and is never run"),
            ("script", "TorchScript"),
        ])
    func refusals(name: String, sentence expected: String) throws {
        let path = PyTorchFixtures.path(name)
        let text = sentence { _ = try PyTorchFile(path: path) } ?? "accepted"
        #expect(text.hasPrefix("\(path): ") && text.contains(expected), "\(text)")
        #expect(text.contains("save only the state dict"))
        #expect(!FileManager.default.fileExists(atPath: "code-was-run"))
    }

    @Test("a bare tensor is read, and formats are told by content")
    func formats() throws {
        let file = try TensorFiles.open(PyTorchFixtures.path("tensor"))
        #expect(file is PyTorchFile)
        #expect(try file.floats("", shape: [2, 2]) == PyTorchFixtures.values("tensor", count: 4))
        #expect(try TensorFiles.open(officialPath) is SafetensorsFile)
        #expect(try TensorFiles.open(bytes(of: officialPath), path: "f") is SafetensorsFile)
        let folder = try TemporaryFolder()
        try put([1, 2, 3], at: folder("f"))
        #expect(
            sentence { _ = try TensorFiles.open(folder("f")) }
                == "\(folder("f")): it is neither a safetensors file nor one that PyTorch wrote; "
                + "save the network's state dict with torch.save, or as safetensors")
    }

    @Test("every truncation is refused", arguments: ["various-protocol4", "various-older"])
    func truncations(name: String) throws {
        let whole = try bytes(of: PyTorchFixtures.path(name))
        for count in 0..<whole.count {
            let text = sentence { _ = try PyTorchFile(Array(whole[..<count]), path: "cut.pth") }
            #expect(text?.hasPrefix("cut.pth: ") == true, "\(count) bytes: \(text ?? "accepted")")
        }
    }

    @Test("an archive of a big-endian machine reads as that of this one")
    func byteOrder() throws {
        var whole = try bytes(of: PyTorchFixtures.path("tensor"))
        let order = try #require(whole.firstRange(of: Array("little".utf8)))
        // The record's size in the archive stays; its beginning tells the order.
        whole.replaceSubrange(order, with: Array("big   ".utf8))
        #expect(sentence { _ = try PyTorchFile(whole, path: "big.pth") }?.contains("byteorder' are not those") == true)
        let file = try PyTorchFile(whole, path: "big.pth", checksums: .ignored)
        let values = try file.floats("", shape: [2, 2])
        #expect(
            values.map { Float(bitPattern: $0.bitPattern.byteSwapped) } == PyTorchFixtures.values("tensor", count: 4))
    }
}
