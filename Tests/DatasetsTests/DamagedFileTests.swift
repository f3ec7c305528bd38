import Datasets
import Foundation
import TensorCore
import Testing

/// Files of which bytes were changed, cut, moved and overwritten: each is read or refused, without a crash, without
/// end, and without more memory than its limit.
@Suite("Damaged files are read or refused", .timeLimit(.minutes(5)))
struct DamagedFileTests {
    private static let count = 20_000

    @Test func matFiles() throws {
        let builder = MATBuilder()
        func scalar(_ value: UInt8) -> [UInt8] { builder.numbers("", dimensions: [1, 1], type: 2, [value]) }
        let rich = builder.structure(
            "LabelMap", dimensions: [1, 2], fields: ["text", "cell"],
            [
                builder.text("", dimensions: [1, 4], type: 16, Array("head".utf8)),
                builder.cells("", dimensions: [2, 2], (0..<4).map { scalar($0) }),
                builder.text("", dimensions: [2, 2], type: 17, "abcd".utf16.flatMap(builder.number)),
                builder.structure("", dimensions: [1, 1], fields: ["a"], [scalar(1)]),
            ])
        // Damage inside of what was compressed is only found by the parser when it was there before compression.
        let whole = try [
            builder.file([rich]), builder.file([builder.compressed(rich)]),
            Fixtures.bytes("PASCAL_MT/PascalParts/2010_000945.mat"),
            Fixtures.bytes("PASCAL_MT/PascalParts/2010_000168.mat"),
            Fixtures.bytes("PASCAL_MT/Context/trainval/2008_000612.mat"),
            Fixtures.bytes("NYUD_MT/segmentation/101.mat"), Fixtures.bytes("NYUD_MT/depth/21.mat"),
        ]
        let limit = 1 << 20
        var refused = 0
        for number in 0..<Self.count {
            let original = whole[number % whole.count]
            let damaged = Mutation(number).applied(to: original, from: 116)
            do {
                let file = try MATFile(damaged, path: "damaged.mat", byteLimit: limit)
                for name in try file.variableNames() {
                    #expect(numberCount(try file.variable(name)) <= limit)
                }
            } catch let error as DataFileError {
                refused += 1
                #expect(error.path == "damaged.mat")
            }
        }
        #expect(refused > Self.count / 4 && refused < Self.count)
    }

    @Test func numPyFiles() throws {
        let floats = (0..<24).flatMap { index in withUnsafeBytes(of: Float(index)) { Array($0) } }
        let whole = [
            NumPyArrayTests.file("'<f4'", shape: "(2, 3, 4)", floats),
            NumPyArrayTests.file("'>f4'", order: "True", shape: "(4, 6)", floats),
            NumPyArrayTests.file("'|u1'", shape: "(96,)", floats, version: 2),
            try Fixtures.bytes("NYUD_MT_npy/edge/101.npy"),
        ]
        var refused = 0
        for number in 0..<Self.count {
            let damaged = Mutation(number).applied(to: whole[number % whole.count], from: 6, upTo: 128)
            do {
                let array = try NumPyArray(damaged, path: "damaged.npy")
                #expect(array.values.count == array.shape.reduce(1, *))
                #expect(array.values.count <= damaged.count)
            } catch let error as DataFileError {
                refused += 1
                #expect(error.path == "damaged.npy")
            }
        }
        #expect(refused > Self.count / 4 && refused < Self.count)
    }

    /// Through the data sets: whatever their files hold becomes labels in range, or names the sample.
    @Test(arguments: ["PASCAL_MT", "NYUD_MT", "NYUD_MT_npy"])
    func filesOfDataSets(set: String) throws {
        try Fixtures.withCopy(of: set) { root in
            let source: any StoredSampleSource =
                set == "PASCAL_MT"
                ? try PascalContext(root: root, split: "val", tasks: ReferenceLoaderTests.pascalTasks)
                : try NYUD(root: root, split: "val")
            var refused = 0
            var total = 0
            for index in 0..<source.count {
                for task in source.tasks {
                    let path = try #require(source.files(at: index, tasks: [task]).last)
                    let original = try Data(contentsOf: URL(fileURLWithPath: path))
                    for number in 0..<150 {
                        total += 1
                        let damaged = Mutation(total).applied(to: [UInt8](original), from: number % 2 == 0 ? 0 : 120)
                        try Data(damaged).write(to: URL(fileURLWithPath: path))
                        do {
                            let sample = try source.sample(at: index, tasks: [task])
                            check(try #require(sample.labels[task]), task, classes: source.classNames(of: task).count)
                        } catch let error as SampleError {
                            refused += 1
                            #expect(error.identifier == source.identifiers[index])
                        }
                    }
                    try original.write(to: URL(fileURLWithPath: path))
                }
            }
            #expect(refused > total / 10)
        }
    }

    private func check(_ map: PixelMap, _ task: LearningTask, classes: Int) {
        switch task {
        case .semseg, .humanParts:
            #expect(map.values.allSatisfy { $0 == 255 || (0..<Float(classes)).contains($0) && $0 == $0.rounded() })
        case .edge, .sal:
            #expect(map.values.allSatisfy { $0 == 255 || (0...1).contains($0) })
        case .normals:
            #expect(map.values.allSatisfy { $0.isFinite })
        case .depth:
            #expect(map.values.allSatisfy { $0 >= 0 && $0.isFinite })
        }
    }

    /// How many numbers and characters a value holds, all of which are looked at.
    private func numberCount(_ value: MATValue) -> Int {
        switch value {
        case .numeric(let array): return array.values.count { $0 == $0 || $0 != $0 } + array.isNonzero.count / 2
        case .text(let text): return text.rows.reduce(0) { $0 + $1.unicodeScalars.count }
        case .cell(let cells): return cells.values.reduce(0) { $0 + numberCount($1) }
        case .structure(let structure): return structure.values.reduce(0) { $0 + numberCount($1) }
        case .unsupported: return 0
        }
    }
}

/// Damage that is a function of its number alone.
private struct Mutation {
    private let random: RandomStream

    init(_ number: Int) {
        random = RandomStream("mutation").substream(UInt64(number))
    }

    /// One to four changes of `bytes` at or after `first`, half of them close to it or before `limit`.
    func applied(to bytes: [UInt8], from first: Int, upTo limit: Int? = nil) -> [UInt8] {
        var bytes = bytes
        for change in 0...UInt64(random.integer(0, below: 4)) where bytes.count > first + 16 {
            let stream = random.substream(change)
            let near = min(bytes.count - 8, limit ?? first + 400)
            let end = stream.bits(0) & 1 == 0 && near > first ? near : bytes.count - 8
            let place = first + stream.integer(1, below: end - first)
            switch stream.integer(2, below: 8) {
            case 0: bytes[place] ^= 1 << UInt8(stream.integer(3, below: 8))
            case 1: bytes[place] = UInt8(stream.integer(3, below: 256))
            case 2: bytes.removeSubrange(place...)
            case 3: bytes.removeSubrange(place..<place + stream.integer(3, below: 8))
            case 4: bytes.insert(contentsOf: bytes[place..<place + 8], at: place)
            default:
                let words: [UInt32] = [
                    0, 1, 5, 14, 15, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x0100_0000, 0x0004_0009,
                ]
                let word = words[stream.integer(3, below: words.count)]
                let aligned = max(first, place & ~3)
                withUnsafeBytes(of: word.littleEndian) { bytes.replaceSubrange(aligned..<aligned + 4, with: $0) }
            }
        }
        return bytes
    }
}
