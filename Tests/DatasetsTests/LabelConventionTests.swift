import Datasets
import Foundation
import Fuzzing
import ProgramTesting
import Testing

/// Labels as other people write them come out as if they were written in the way that is read without a word.
@Suite("Labels are read by the convention of their files")
struct LabelConventionTests {
    /// A folder with one sample `a` of 2 x 3 pixels, whose label is read.
    private struct Folder {
        let root: String
        var task: LearningTask

        func read() throws -> [Float] {
            let source = try LabelledFolder(root: root, split: "train", tasks: [task])
            // A network's task says nothing of files.
            let asked = LearningTask(task.name, task.kind)
            return try #require(try source.sample(at: 0, tasks: [asked]).labels[asked]).values
        }

        func write(_ bytes: [UInt8], _ name: String) throws {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(root)/\(task.name)/\(name)"))
        }

        func png(_ pixels: PNGFile.Pixels) throws {
            try PNGFile(height: 2, width: 3, pixels: pixels).write(to: "\(root)/\(task.name)/a.png")
        }

        /// An array of numbers of a type such as `<u2`.
        func array<Number: FixedWidthInteger>(_ code: String, _ numbers: [Number], channels: Int = 1) throws {
            let bytes = numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
            let shape = channels == 1 ? "(2, 3)" : "(2, 3, \(channels))"
            try write(NumPyArrayTests.file("'\(code)'", shape: shape, bytes), "a.npy")
        }

        /// A TIFF of levels of 8 or 16 bits, in which GDAL notes the value that is no data.
        func tiff(_ levels: [Int], bits: Int, noData: String, channels: Int = 1) throws {
            func bytes(_ number: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(number >> (8 * $0) & 255) } }
            var data: [UInt8] = []
            for level in levels { data += bytes(level, bits / 8) }
            let note: [UInt8] = Array(noData.utf8) + [0]
            var depths: [UInt8] = []
            for _ in 0..<3 { depths += bytes(bits, 2) }
            // The header, the directory of eleven entries, and then what does not fit in these.
            let depthStart = 8 + 2 + 11 * 12 + 4
            let noteStart = depthStart + depths.count
            // Four bytes fit in.
            let isShort = note.count <= 4
            let noteValue = isShort ? note.reversed().reduce(0) { $0 << 8 | Int($1) } : noteStart
            let entries: [(tag: Int, type: Int, count: Int, value: Int)] = [
                (256, 3, 1, 3), (257, 3, 1, 2), (258, 3, channels, channels == 1 ? bits : depthStart), (259, 3, 1, 1),
                (262, 3, 1, channels == 1 ? 1 : 2), (273, 4, 1, noteStart + note.count), (277, 3, 1, channels),
                (278, 3, 1, 2), (279, 4, 1, data.count), (284, 3, 1, 1), (42113, 2, note.count, noteValue),
            ]
            var file: [UInt8] = [0x49, 0x49, 42, 0] + bytes(8, 4) + bytes(entries.count, 2)
            for entry in entries {
                file += bytes(entry.tag, 2) + bytes(entry.type, 2)
                file += bytes(entry.count, 4) + bytes(entry.value, 4)
            }
            file += bytes(0, 4)
            try write(file + depths + note + data, "a.tif")
        }

        func floats(_ numbers: [Float], channels: Int = 1) throws {
            try write(NumPyArray.encoded(numbers, shape: channels == 1 ? [2, 3] : [2, 3, channels]), "a.npy")
        }
    }

    private func with(
        _ kind: TaskKind, classes: [String] = [], listed: String? = nil,
        _ convention: (inout LabelConvention) -> Void = { _ in }, _ body: (Folder) throws -> Void
    ) throws {
        try withTemporaryPath { root in
            for name in ["images", "t"] {
                try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
            }
            try Data("a".utf8).write(to: URL(fileURLWithPath: "\(root)/train.txt"))
            if let listed { try Data(listed.utf8).write(to: URL(fileURLWithPath: "\(root)/t/classes.txt")) }
            try PNGFile(height: 2, width: 3, pixels: .grey([1, 2, 3, 4, 5, 6])).write(to: "\(root)/images/a.png")
            var task = LearningTask("t", kind)
            task.classNames = classes
            convention(&task.labels)
            try body(Folder(root: root, task: task))
        }
    }

    // MARK: classes

    @Test("numbers are classes by a map, in files of every form")
    func maps() throws {
        let map = ClassMap.numbers([0: 0, 255: 1, 300: 2, -1: 255])
        let expected: [Float] = [0, 1, 2, 2, 1, 0]
        try with(.classes, classes: ["a", "b", "c"], { $0.map = map }) { folder in
            try folder.png(.grey16([0, 255, 300, 300, 255, 0]))
            #expect(try folder.read() == expected)
            try FileManager.default.removeItem(atPath: folder.root + "/t/a.png")
            try folder.array("<i2", [0, 255, 300, 300, -1, 0] as [Int16])
            #expect(try folder.read() == [0, 1, 2, 2, 255, 0])
            try FileManager.default.removeItem(atPath: folder.root + "/t/a.npy")
            // Columns come first.
            let builder = MATBuilder(isBigEndian: false)
            let label = builder.numbers("label", dimensions: [2, 3], type: 4, [UInt16(0), 300, 255, 255, 300, 0])
            try folder.write(builder.file([builder.compressed(label)]), "a.mat")
            #expect(try folder.read() == expected)
            let other = builder.numbers("other", dimensions: [1, 1], type: 2, [UInt8(1)])
            try folder.write(builder.file([label, other]), "a.mat")
            expectRefusal("t/a.mat", contains: "it has 2 arrays (label, other)") { try folder.read() }
            try folder.write(builder.file([builder.text("t", dimensions: [1, 1], type: 16, [65])]), "a.mat")
            expectRefusal("t/a.mat", contains: "it has no array of numbers") { try folder.read() }
        }
        let fixture = Fixtures.path("arrays/u2.tif")
        var wide = LearningTask("t", .classes)
        wide.classNames = ["a"]
        wide.labels.map = .numbers([10: 0])
        wide.labels.others = .ignore
        try withTemporaryPath { root in
            for name in ["images", "t"] {
                try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
            }
            try Data("a".utf8).write(to: URL(fileURLWithPath: "\(root)/train.txt"))
            try PNGFile(height: 5, width: 7, pixels: .grey([UInt8](repeating: 0, count: 35)))
                .write(to: "\(root)/images/a.png")
            try FileManager.default.copyItem(atPath: fixture, toPath: "\(root)/t/a.tif")
            let source = try LabelledFolder(root: root, split: "train", tasks: [wide])
            let values = try #require(try source.sample(at: 0, tasks: [wide]).labels[wide]).values
            // 10 r + c is 10 once.
            #expect(values.filter { $0 == 0 }.count == 1 && values.filter { $0 == 255 }.count == 34)
        }
    }

    @Test("a number that no list has is refused with the line that takes it, or unknown if that is said")
    func others() throws {
        try with(.classes, classes: ["a", "b"]) { folder in
            try folder.png(.grey([0, 1, 255, 254, 0, 0]))
            expectRefusal(
                "t/a.png", contains: "row 1, column 0 has the class 254; classes are 0 to 1",
                "tasks.t.labels: {ignore: [254]}"
            ) { try folder.read() }
            var other = folder
            other.task.labels.ignored = [254]
            #expect(try other.read() == [0, 1, 255, 255, 0, 0])
            other.task.labels.ignored = [0, 254]
            #expect(try other.read() == [255, 1, 255, 255, 255, 255])
            other.task.labels = LabelConvention()
            other.task.labels.others = .ignore
            #expect(try other.read() == [0, 1, 255, 255, 0, 0])
            other.task.labels.others = .refuse
            other.task.labels.map = .numbers([1: 1])
            expectRefusal("t/a.png", contains: "row 0, column 0 has the number 0", "tasks.t.labels.map") {
                try other.read()
            }
            try folder.array("<i4", [1, 1, 1, 1, 1, -70000] as [Int32])
            try FileManager.default.removeItem(atPath: folder.root + "/t/a.png")
            expectRefusal("t/a.npy", contains: "has the number -70000") { try other.read() }
            try folder.floats([0, 1, 0.5, 0, 0, 0])
            expectRefusal("t/a.npy", contains: "row 0, column 2 has 0.5, which is no number of a class") {
                try folder.read()
            }
            // Shares are no classes, whatever becomes of others.
            other.task.labels.others = .ignore
            expectRefusal("t/a.npy", contains: "has 0.5, which is no number of a class") { try other.read() }
            try folder.floats([0, 1, .nan, 7, 0, 0])
            other.task.labels.map = nil
            #expect(try other.read() == [0, 1, 255, 255, 0, 0])
        }
    }

    @Test("what a TIFF of levels says is no data is unknown, of every kind")
    func noData() throws {
        try with(.classes, classes: ["a", "b"]) { folder in
            // One that no class has, and one that is a class's number.
            try folder.tiff([0, 1, 9, 1, 0, 9], bits: 8, noData: "99999")
            expectRefusal("t/a.tif", contains: "has the class 9") { try folder.read() }
            try folder.tiff([0, 1, 9, 1, 0, 9], bits: 8, noData: "9")
            #expect(try folder.read() == [0, 1, 255, 1, 0, 255])
            try folder.tiff([0, 1, 999, 1, 0, 999], bits: 16, noData: "999")
            #expect(try folder.read() == [0, 1, 255, 1, 0, 255])
            try folder.tiff([0, 1, 1, 1, 0, 1], bits: 8, noData: "1")
            #expect(try folder.read() == [0, 255, 255, 255, 0, 255])
        }
        try with(.distance) { folder in
            try folder.tiff([1000, 65535, 0, 2500, 65535, 500], bits: 16, noData: "65535")
            #expect(try folder.read() == [1, 0, 0, 2.5, 0, 0.5])
        }
        try with(.score) { folder in
            try folder.tiff([0, 255, 7, 255, 0, 7], bits: 8, noData: "7")
            #expect(try folder.read() == [0, 1, 255, 1, 0, 255])
        }
        try with(.direction) { folder in
            let up = [128, 128, 255]
            try folder.tiff(up + [3, 128, 255] + up + up + up + up, bits: 8, noData: "3", channels: 3)
            let read = try folder.read()
            #expect(Array(read[3..<6]) == [0, 0, 0] && read[2] > 0.99 && read[8] > 0.99)
        }
    }

    /// cityscapesScripts' `labels.py`: the labelIds of the train ids, and what is not evaluated.
    @Test func cityscapes() throws {
        try with(.classes, { $0.map = .cityscapes }) { folder in
            let source = try LabelledFolder(root: folder.root, split: "train", tasks: [folder.task])
            #expect(source.classNames(of: folder.task).count == 19)
            #expect(source.classNames(of: folder.task)[18] == "bicycle")
            try folder.png(.grey([7, 8, 33, 0, 255, 30]))
            #expect(try folder.read() == [0, 1, 18, 255, 255, 255])
            try FileManager.default.removeItem(atPath: folder.root + "/t/a.png")
            let trainIdentifiers = [
                (7, 0), (8, 1), (11, 2), (12, 3), (13, 4), (17, 5), (19, 6), (20, 7), (21, 8), (22, 9), (23, 10),
                (24, 11), (25, 12), (26, 13), (27, 14), (28, 15), (31, 16), (32, 17), (33, 18),
            ]
            for number in -1...33 {
                try folder.array("|i1", [Int8](repeating: Int8(number), count: 6))
                let expected = trainIdentifiers.first { $0.0 == number }?.1 ?? 255
                #expect(try folder.read()[0] == Float(expected), "\(number)")
            }
            try folder.array("|u1", [UInt8](repeating: 34, count: 6))
            expectRefusal("t/a.npy", contains: "has the number 34") { try folder.read() }
        }
        try with(.classes, classes: ["road"], { $0.map = .cityscapes }) { folder in
            expectRefusal("tasks.t.labels.map", contains: "cityscapes has 19 classes and the list of classes has 1") {
                try folder.read()
            }
        }
    }

    @Test func nyu40() throws {
        try with(.classes, { $0.map = .nyu40 }) { folder in
            try folder.png(.grey([0, 1, 2, 40, 39, 255]))
            #expect(try folder.read() == [255, 0, 1, 39, 38, 255])
            try folder.png(.grey([41, 1, 2, 40, 39, 255]))
            expectRefusal("t/a.png", contains: "has the number 41") { try folder.read() }
        }
    }

    /// Lists name void or leave it out, as they like.
    @Test(arguments: ["void\na\nb\n", "Unlabeled\na\nb\n", "a\nb\n"]) func voidFirst(_ listed: String) throws {
        try with(.classes, listed: listed, { $0.map = .voidFirst }) { folder in
            try folder.png(.grey([0, 1, 2, 255, 1, 0]))
            #expect(try folder.read() == [255, 0, 1, 255, 0, 255])
            let source = try LabelledFolder(root: folder.root, split: "train", tasks: [folder.task])
            #expect(source.classNames(of: folder.task) == ["a", "b"])
            try folder.png(.grey([0, 1, 2, 3, 1, 0]))
            expectRefusal("t/a.png", contains: "has the number 3") { try folder.read() }
        }
    }

    @Test func listsThatDoNotFitAreRefused() throws {
        try with(.classes, listed: "void\n", { $0.map = .voidFirst }) { folder in
            expectRefusal("t/classes.txt", contains: "nothing but void") { try folder.read() }
        }
        try with(.classes, classes: ["a", "b"], { $0.map = .numbers([9: 2, 1: 0]) }) { folder in
            expectRefusal("tasks.t.labels.map", contains: "9 is class 2, and classes are 0 to 1") { try folder.read() }
        }
        let road = ColourTable(entries: [.init(name: "road", colours: [.init(red: 1, green: 2, blue: 3)])])
        try with(.classes, classes: ["a", "b"], { $0.colours = road }) { folder in
            expectRefusal("tasks.t.labels.colours", contains: "it names road", "list of classes (a, b)") {
                try folder.read()
            }
        }
    }

    @Test("colours are classes by a table, in pictures with and without a palette, and in arrays")
    func colours() throws {
        let table = ColourTable(entries: [
            .init(name: "road", colours: [.init(red: 128, green: 64, blue: 128)]),
            .init(
                name: "car", colours: [.init(red: 0, green: 0, blue: 142), .init(red: 0, green: 0, blue: 70)]),
            .init(name: ColourTable.unknown, colours: [.init(red: 0, green: 0, blue: 0)]),
        ])
        let palette: [UInt8] = [128, 64, 128, 0, 0, 142, 0, 0, 70, 0, 0, 0]
        let indices: [UInt8] = [0, 1, 2, 3, 0, 1]
        let colours = indices.flatMap { Array(palette[3 * Int($0)..<3 * Int($0) + 3]) }
        let expected: [Float] = [0, 1, 1, 255, 0, 1]
        try with(.classes, { $0.colours = table }) { folder in
            let source = try LabelledFolder(root: folder.root, split: "train", tasks: [folder.task])
            #expect(source.classNames(of: folder.task) == ["road", "car"])
            try folder.png(.rgb(colours))
            #expect(try folder.read() == expected)
            try folder.png(.indices(indices, colors: palette))
            #expect(try folder.read() == expected)
            try FileManager.default.removeItem(atPath: folder.root + "/t/a.png")
            try folder.array("|u1", colours, channels: 3)
            #expect(try folder.read() == expected)
            try folder.array("<i2", colours.map { -Int16($0) }, channels: 3)
            expectRefusal("t/a.npy", contains: "row 0, column 0 has no colour") { try folder.read() }
            try FileManager.default.removeItem(atPath: folder.root + "/t/a.npy")
            try folder.png(.rgb(Array(colours.dropLast(3)) + [1, 2, 3]))
            expectRefusal(
                "t/a.png", contains: "row 1, column 2 has the colour [1, 2, 3]", "tasks.t.labels.colours"
            ) { try folder.read() }
            var other = folder
            other.task.labels.others = .ignore
            #expect(try other.read() == expected.dropLast() + [255])
            // Classes may be listed in another order, and have no colour.
            other.task.classNames = ["car", "tree", "road"]
            #expect(try other.read() == [2, 0, 0, 255, 2, 255])
            try folder.write(try Fixtures.bytes("NYUD_MT/images/1001.jpg"), "a.png")
            expectRefusal("t/a.png", contains: "it is a JPEG") { try folder.read() }
        }
        // Without a table, the sentence says that there is one.
        try with(.classes, classes: ["a"]) { folder in
            try folder.png(.rgb(colours))
            expectRefusal("t/a.png", contains: "in colour", "tasks.t.labels: {colours: {road: [128, 64, 128]}}") {
                try folder.read()
            }
        }
    }

    // MARK: distances

    /// What stands for a step of a millimetre is what was read before, for every number of 16 bits.
    @Test func millimetresAreWhatTheyWere() throws {
        try withTemporaryPath { folder in
            let path = folder + "/a.png"
            let numbers = (0...65535).map { UInt16($0) }
            try PNGFile(height: 256, width: 256, pixels: .grey16(numbers)).write(to: path)
            #expect(try LabelFile(path).depth().values == numbers.map { Float($0) / 1000 })
        }
    }

    @Test("a unit says how many metres a step is, in pictures and arrays")
    func units() throws {
        try with(.distance, { $0.unit = 1.0 / 256 }) { folder in
            try folder.png(.grey16([0, 256, 128, 512, 65535, 1]))
            #expect(try folder.read() == [0, 1, 0.5, 2, 65535.0 / 256, 1.0 / 256])
            try folder.png(.grey([0, 128, 255, 64, 32, 16]))
            #expect(try folder.read() == [0, 0.5, 255.0 / 256, 0.25, 0.125, 0.0625])
            try FileManager.default.removeItem(atPath: folder.root + "/t/a.png")
            try folder.array("<i4", [0, 256, -256, 512, 1 << 20, 64] as [Int32])
            #expect(try folder.read() == [0, 1, 0, 2, 4096, 0.25])
            try folder.floats([0, 256, -1, .nan, .infinity, 64])
            #expect(try folder.read() == [0, 1, 0, 0, 0, 0.25])
        }
        try with(.distance) { folder in
            try folder.array("<u2", [1, 2, 3, 4, 5, 6] as [UInt16])
            expectRefusal("t/a.npy", contains: "depth in an array is metres", "tasks.t.labels: {unit: 0.001}") {
                try folder.read()
            }
            // MATLAB's own numbers are fractions, however few bytes they are stored in.
            try FileManager.default.removeItem(atPath: folder.root + "/t/a.npy")
            let builder = MATBuilder(isBigEndian: false)
            let whole: [UInt8] = [1, 2, 3, 4, 5, 6]
            try folder.write(
                builder.file([builder.numbers("d", classCode: 6, dimensions: [2, 3], type: 2, whole)]), "a.mat")
            #expect(try folder.read() == [1, 3, 5, 2, 4, 6])
            try folder.write(
                builder.file([builder.numbers("d", classCode: 9, dimensions: [2, 3], type: 2, whole)]), "a.mat")
            expectRefusal("t/a.mat", contains: "an array of integers") { try folder.read() }
        }
    }

    @Test("numbers may be one by metres, and what is too far is unknown")
    func inverse() throws {
        try with(.distance, { ($0.isInverse, $0.largest) = (true, 8) }) { folder in
            try folder.floats([1, 0.5, 0.125, 0.1, 0, -1])
            #expect(try folder.read() == [1, 2, 8, 0, 0, 0])
            try FileManager.default.removeItem(atPath: folder.root + "/t/a.npy")
            try folder.png(.grey16([0, 256, 128, 512, 1, 2]))
            expectRefusal("t/a.png", contains: "labels.inverse", "write unit beside it") { try folder.read() }
            var other = folder
            other.task.labels.unit = 1.0 / 256
            #expect(try other.read() == [0, 1, 2, 0.5, 0, 0])
        }
    }

    // MARK: directions

    /// Towards the camera, to the right and up, and unknown: three components each of six pixels.
    private static let vectors: [Float] = [0, 0, 1, 1, 0, 0, 0, 1, 0, 0.6, 0, 0.8, 0, 0, 0, 0, -0.6, 0.8]

    private func expectVectors(_ values: [Float], tolerance: Float, sourceLocation: SourceLocation = #_sourceLocation) {
        for (value, expected) in zip(values, Self.vectors) {
            #expect(abs(value - expected) <= tolerance, "\(values)", sourceLocation: sourceLocation)
        }
    }

    @Test("numbers of vectors stand for -1 to 1 as is said")
    func encodings() throws {
        // Rounding moves each of three components by 1 / 255 at most, and so a vector by the root of 3 times that.
        let tolerance: Float = 2 / 255
        let bytes = Self.vectors.map { UInt8((($0 + 1) * 127.5).rounded()) }
        try with(.direction, { $0.encoding = .unsigned }) { folder in
            try folder.floats(Self.vectors.map { ($0 + 1) * 127.5 }, channels: 3)
            expectVectors(try folder.read(), tolerance: 1e-6)
            try folder.array("|u1", bytes, channels: 3)
            expectVectors(try folder.read(), tolerance: tolerance)
            try folder.array("<i8", bytes.map { Int64($0) }, channels: 3)
            expectVectors(try folder.read(), tolerance: tolerance)
            try folder.array("<u2", bytes.map { UInt16($0) * 257 }, channels: 3)
            expectRefusal("t/a.npy", contains: "its numbers are from 0 to 255", "unsigned16") { try folder.read() }
            var wide = folder
            wide.task.labels.encoding = .unsigned16
            expectVectors(try wide.read(), tolerance: tolerance)
            try FileManager.default.removeItem(atPath: folder.root + "/t/a.npy")
            try folder.png(.rgb(bytes))
            expectVectors(try folder.read(), tolerance: tolerance)
            expectRefusal("t/a.png", contains: "no PNG of 16 bits") { try wide.read() }
            wide.task.labels.encoding = .float
            expectRefusal("t/a.png", contains: "labels.encoding: float") { try wide.read() }
        }
        try with(.direction) { folder in
            try folder.array("|u1", bytes, channels: 3)
            expectRefusal("t/a.npy", contains: "its numbers are integers", "tasks.t.labels: {encoding: unsigned}") {
                try folder.read()
            }
            try folder.floats(Self.vectors.map { ($0 + 1) * 127.5 }, channels: 3)
            expectRefusal("t/a.npy", contains: "not of length 1", "tasks.t.labels: {encoding: unsigned}") {
                try folder.read()
            }
            try folder.floats(Self.vectors.map { ($0 + 1) * 32767.5 }, channels: 3)
            expectRefusal("t/a.npy", contains: "tasks.t.labels: {encoding: unsigned16}") { try folder.read() }
        }
    }

    @Test("axes say where the numbers of a vector point")
    func axes() throws {
        func stored(_ change: (Float, Float, Float) -> [Float]) -> [Float] {
            stride(from: 0, to: Self.vectors.count, by: 3).flatMap {
                change(Self.vectors[$0], Self.vectors[$0 + 1], Self.vectors[$0 + 2])
            }
        }
        let cases: [([Axis], [Float])] = [
            ([.minusX, .minusY, .minusZ], stored { [-$0, -$1, -$2] }),
            ([.x, .minusY, .minusZ], stored { [$0, -$1, -$2] }),
            ([.z, .x, .minusY], stored { [$2, $0, -$1] }),
        ]
        for (axes, numbers) in cases {
            try with(.direction, { $0.axes = axes }) { folder in
                try folder.floats(numbers, channels: 3)
                expectVectors(try folder.read(), tolerance: 1e-6)
                // Black is unknown, wherever axes point.
                try FileManager.default.removeItem(atPath: folder.root + "/t/a.npy")
                try folder.png(.rgb([UInt8](repeating: 0, count: 18)))
                #expect(try folder.read().allSatisfy { $0 == 0 })
            }
        }
    }

    // MARK: scores

    @Test("a threshold makes levels true and false")
    func thresholds() throws {
        try with(.score, { $0.threshold = 0.25 }) { folder in
            try folder.png(.grey([0, 63, 64, 255, 128, 1]))
            #expect(try folder.read() == [0, 0, 1, 1, 1, 0])
            try FileManager.default.removeItem(atPath: folder.root + "/t/a.png")
            try folder.floats([0, 0.25, 0.5, 255, 1, 0])
            #expect(try folder.read() == [0, 0, 1, 255, 1, 0])
        }
        try with(.score) { folder in
            try folder.png(.grey([0, 1, 1, 0, 0, 1]))
            expectRefusal("t/a.png", contains: "a mask of 0 and 1", "tasks.t.labels: {threshold: 0}") {
                try folder.read()
            }
            var other = folder
            other.task.labels.threshold = 0
            #expect(try other.read() == [0, 1, 1, 0, 0, 1])
            // Of 16 bits as well, which are otherwise rounded to 8.
            try folder.png(.grey16([0, 1, 1, 0, 0, 1]))
            #expect(try other.read() == [0, 1, 1, 0, 0, 1])
        }
    }

    @Test("maps of several annotators in one array are named")
    func annotators() throws {
        try with(.score) { folder in
            try folder.write(NumPyArray.encoded([Float](repeating: 0, count: 30), shape: [5, 2, 3]), "a.npy")
            expectRefusal("t/a.npy", contains: "several maps", "the mean of their maps") { try folder.read() }
        }
    }
}
