import Checkpoints
import Foundation
import Fuzzing
import Testing

/// Pickles that are written by hand, instruction by instruction, as no honest program does.
@Suite("Hostile pickles")
struct PickleRefusalTests {
    private let builder = PickleBuilder()

    private func file(_ pickle: [UInt8]) -> [UInt8] { builder.file(pickle) }

    private func text(_ text: String) -> [UInt8] { builder.text(text) }

    private func refusal(_ bytes: [UInt8]) -> String {
        sentence { _ = try PyTorchFile(bytes, path: "f.pth") } ?? "accepted"
    }

    @Test func anHonestOneIsAccepted() throws {
        let file = try PyTorchFile(file(builder.tensor(shape: [2, 2], strides: [2, 1])), path: "f.pth")
        #expect(try file.floats("", shape: [2, 2]) == [0, 0, 0, 0])
    }

    @Test(
        "sizes are compared with what there is before anything is allocated",
        arguments: [
            (4, 0, [5], [1]), (4, 1, [4], [1]), (4, 0, [2, 2], [3, 1]), (4, 0, [2], [Int.max]),
            (4, Int.max, [2], [1]), (4, 0, [Int.max, 2], [0, 0]), (4, 0, [1 << 40], [0]), (4, 0, [-1], [1]),
            (4, 0, [2], [-1]), (4, 0, [1 << 31, 1 << 31], [1, 1]), (4, 0, [8], [0]), (1 << 60, 0, [1 << 60], [1]),
            (5, 0, [5], [1]), (-4, 0, [1], [1]), (1 << 41, 0, [1 << 41], [0]), (1 << 41, 0, [3, 2], [1, 1]),
        ] as [(Int, Int, [Int], [Int])])
    func sizes(count: Int, offset: Int, shape: [Int], strides: [Int]) {
        let text = refusal(file(builder.tensor(count: count, offset: offset, shape: shape, strides: strides)))
        #expect(text.hasPrefix("f.pth: "), "\(text)")
    }

    @Test(
        "a view that repeats elements is refused with what makes it a tensor",
        arguments: [([8], [0]), ([3, 2], [1, 1])] as [([Int], [Int])])
    func expanded(shape: [Int], strides: [Int]) {
        #expect(
            refusal(file(builder.tensor(shape: shape, strides: strides)))
                == "f.pth: a tensor of shape \(shape) is a view that repeats the 4 elements of its storage, as expand "
                + "makes it; save a copy of it: tensor.contiguous() before torch.save")
    }

    /// A dictionary of one tensor of `floats` elements under so many names.
    private func tied(_ names: Int, floats: Int) -> [UInt8] {
        let tensor = builder.tensor(count: floats, shape: [floats], strides: [1]) + [0x71, 0]
        let again: [UInt8] = (1..<names).flatMap { text("t\($0)") + [0x68, 0, 0x73] }
        let pickle: [UInt8] = [0x7D] + text("t0") + tensor + [0x73] + again
        return builder.file(pickle, floats: floats)
    }

    @Test(
        "tensors share bytes, but not all of them again and again",
        arguments: [(1 << 14, 500, true), (1 << 14, 2000, false), (1 << 20, 30, true), (1 << 20, 40, false)])
    func sharing(floats: Int, names: Int, isAccepted: Bool) throws {
        let bytes = tied(names, floats: floats)
        guard isAccepted else {
            let text = refusal(bytes)
            #expect(text.contains("its tensors are views of one another") && text.contains("tensor.clone()"), "\(text)")
            return
        }
        let file = try PyTorchFile(bytes, path: "f.pth")
        #expect(file.tensors.count == names)
        let digests = try file.hexadecimalDigests()
        #expect(try Set(digests) == [file.hexadecimalDigest(of: file.tensors[0])] && digests.count == names)
    }

    @Test func aStorageThatIsNotThereIsRefused() {
        let text = refusal(file(builder.tensor(shape: [2], strides: [1], key: "1")))
        #expect(text.contains("its list of storages is damaged"))
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

    /// What follows the instructions that make a dictionary and remember a key of 100,000 letters.
    private var endlessNames: [[UInt8]] {
        let count = 40_000
        func repeated(_ instructions: [UInt8]) -> [UInt8] {
            Array(repeatElement(instructions, count: count).joined())
        }
        /// A dictionary, which is set under the key before it.
        func dictionary(_ entries: [UInt8]) -> [UInt8] { [0x7D] + entries + [0x73] }
        let numbers: [UInt8] = (0..<count).flatMap { builder.integer($0) + [0x4E, 0x73] }
        let weight: [UInt8] = text("weight") + builder.tensor(shape: [4], strides: [1]) + [0x73]
        let again: [UInt8] = [0x4E, 0x73] + repeated([0x68, 0, 0x4E, 0x73])
        return [
            // None under 40,000 numbers, and under as many None; the key itself again and again, beside a network.
            dictionary(numbers), dictionary(repeated([0x4E, 0x4E, 0x73])), again + text("model") + dictionary(weight),
        ]
    }

    @Test("long names that are used again and again are refused", arguments: 0..<3)
    func longNames(kind: Int) {
        let key = text(String(repeating: "k", count: 100_000)) + [0x71, 0]
        #expect(refusal(file([0x7D] + key + endlessNames[kind])).contains("names of its tensors are longer"))
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
