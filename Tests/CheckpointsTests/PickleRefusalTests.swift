import Checkpoints
import Foundation
import Testing

/// Pickles that are written by hand, instruction by instruction, as no honest program does.
@Suite("Hostile pickles")
struct PickleRefusalTests {
    /// A file of the older form whose object is `pickle`, with one storage `0` of four floats.
    private func file(_ pickle: [UInt8], keys: [UInt8] = [0x80, 2, 0x5D, 0x58, 1, 0, 0, 0, 0x30, 0x61, 0x2E]) -> [UInt8]
    {
        let magic: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
        let version: [UInt8] = [0x80, 2, 0x4D, 0xE9, 0x03, 0x2E]
        let system: [UInt8] = [0x80, 2, 0x7D, 0x2E]
        let storage: [UInt8] = [4, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 16)
        return magic + version + system + [0x80, 2] + pickle + [0x2E] + keys + storage
    }

    private func text(_ text: String) -> [UInt8] {
        [0x58] + withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8)
    }

    private func integer(_ number: Int) -> [UInt8] {
        [0x8A, 8] + withUnsafeBytes(of: Int64(number).littleEndian) { Array($0) }
    }

    private func name(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

    /// A tensor over a storage that claims `count` floats.
    private func tensor(count: Int = 4, offset: Int = 0, shape: [Int], strides: [Int], key: String = "0") -> [UInt8] {
        let identifier =
            [0x28] + text("storage") + name("torch", "FloatStorage") + text(key) + text("cpu") + integer(count)
            + [0x4E, 0x74, 0x51]
        func tuple(_ numbers: [Int]) -> [UInt8] { [0x28] + numbers.flatMap(integer) + [0x74] }
        return name("torch._utils", "_rebuild_tensor_v2") + [0x28] + identifier + integer(offset) + tuple(shape)
            + tuple(strides) + [0x89] + name("collections", "OrderedDict") + [0x29, 0x52, 0x74, 0x52]
    }

    private func refusal(_ bytes: [UInt8]) -> String {
        sentence { _ = try PyTorchFile(bytes, path: "f.pth") } ?? "accepted"
    }

    @Test func anHonestOneIsAccepted() throws {
        let file = try PyTorchFile(file(tensor(shape: [2, 2], strides: [2, 1])), path: "f.pth")
        #expect(try file.floats("", shape: [2, 2]) == [0, 0, 0, 0])
    }

    @Test(
        "sizes are compared with what there is before anything is allocated",
        arguments: [
            (4, 0, [5], [1]), (4, 1, [4], [1]), (4, 0, [2, 2], [3, 1]), (4, 0, [2], [Int.max]),
            (4, Int.max, [2], [1]), (4, 0, [Int.max, 2], [0, 0]), (4, 0, [1 << 40], [0]), (4, 0, [-1], [1]),
            (4, 0, [2], [-1]), (4, 0, [1 << 31, 1 << 31], [1, 1]), (4, 0, [8], [0]), (1 << 60, 0, [1 << 60], [1]),
            (5, 0, [5], [1]), (-4, 0, [1], [1]),
        ] as [(Int, Int, [Int], [Int])])
    func sizes(count: Int, offset: Int, shape: [Int], strides: [Int]) {
        let text = refusal(file(tensor(count: count, offset: offset, shape: shape, strides: strides)))
        #expect(text.hasPrefix("f.pth: "), "\(text)")
    }

    @Test func aStorageThatIsNotThereIsRefused() {
        #expect(refusal(file(tensor(shape: [2], strides: [1], key: "1"))).contains("its list of storages is damaged"))
    }

    @Test(
        "depth and cycles overflow no stack",
        arguments: [
            [UInt8](repeating: 0x5D, count: 500_000) + [UInt8](repeating: 0x61, count: 499_999),
            [UInt8](repeating: 0x29, count: 1) + [UInt8](repeating: 0x85, count: 1_000_000),
            [0x5D, 0x71, 0, 0x68, 0, 0x61], [0x7D, 0x71, 0, 0x4B, 1, 0x68, 0, 0x73],
        ])
    func depth(pickle: [UInt8]) {
        #expect(refusal(file(pickle)).contains("no tensor"))
    }

    @Test("what is doubled again and again by the memory of a pickle is visited once")
    func doubling() {
        var pickle: [UInt8] = [0x5D, 0x71, 0]
        for level in UInt8(1)...200 {
            pickle += [0x30, 0x5D, 0x71, level] + [0x68, level - 1, 0x61, 0x68, level - 1, 0x61]
        }
        #expect(refusal(file(pickle)).contains("no tensor"))
    }

    @Test("long names that are used again and again are refused")
    func longNames() {
        let key = text(String(repeating: "k", count: 100_000)) + [0x71, 0]
        let leaf: [UInt8] = [0x7D] + (0..<40_000).flatMap { integer($0) + [0x4E, 0x73] }
        let pickle = [0x7D] + key + leaf + [0x73]
        #expect(refusal(file(pickle)).contains("names of its tensors are longer"))
    }

    @Test(
        "instructions that do not fit together",
        arguments: [
            [0x30], [0x74], [0x61], [0x73], [0x75], [0x52], [0x62], [0x51], [0x68, 1], [0x28], [0x4E, 0x4E], [0x93],
            [0x28, 0x4E, 0x85], [0x58, 0xFF, 0xFF, 0xFF, 0xFF], [0x8D] + [UInt8](repeating: 0xFF, count: 8),
            [0x8B, 255],
            [0x7D, 0x28, 0x4E, 0x75],
        ] as [[UInt8]])
    func unbalanced(pickle: [UInt8]) {
        #expect(refusal(file(pickle)).hasPrefix("f.pth: "))
    }

    @Test(
        "names of code, in whatever way they are asked for",
        arguments: [
            (Array("cos\nsystem\n".utf8), "os.system"), (Array("c__builtin__\nexec\n".utf8), "__builtin__.exec"),
            (Array("ctorch\nload\n".utf8), "torch.load"),
            (Array("ctorch.storage\n_load_from_bytes\n".utf8), "_load_from"),
            (Array("c\u{1B}[31m\nx\n".utf8), "\u{FFFD}[31m.x"),
        ] as [([UInt8], String)])
    func code(pickle: [UInt8], asked: String) {
        #expect(refusal(file(pickle)).contains("it asks for "))
        #expect(refusal(file(pickle)).contains(asked))
        #expect(refusal(file(Array("ios\nsystem\n".utf8))).contains("instruction 105"))
        #expect(refusal(file([0x82, 1])).contains("instruction 130"))
    }
}
