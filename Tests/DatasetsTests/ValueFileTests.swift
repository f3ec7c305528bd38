import Datasets
import Foundation
import Fuzzing
import ProgramTesting
import Testing

/// The fixtures' values, as `make_arrays.py` has them: 10 r + c + 40 k, in signed files less 20, in files of floats a
/// quarter of that less 3.
enum StoredNumbers: Sendable {
    case unsigned, signed, float
    /// 257 times as much, so that levels of 16 bits are those of 8.
    case wide
    /// (r + c) mod 2^bits.
    case bits(Int)

    func map(channels: Int) -> PixelMap {
        var values: [Float] = []
        for row in 0..<5 {
            for column in 0..<7 {
                for channel in 0..<channels {
                    let number = Float(10 * row + column + 40 * channel)
                    switch self {
                    case .unsigned: values.append(number)
                    case .signed: values.append(number - 20)
                    case .float: values.append(number / 4 - 3)
                    case .wide: values.append(257 * number)
                    case .bits(let bits): values.append(Float((row + column) % (1 << bits)))
                    }
                }
            }
        }
        return PixelMap(height: 5, width: 7, channels: channels, values: values)
    }
}

private func fixture(_ name: String) -> String {
    Bundle.module.resourceURL!.appendingPathComponent("Fixtures/arrays/\(name)").path
}

@Suite("TIFF files are read")
struct TIFFFileTests {
    @Test(arguments: [
        ("u1", StoredNumbers.unsigned, 1), ("u2", .unsigned, 1), ("u4", .unsigned, 1), ("i1", .signed, 1),
        ("i2", .signed, 1), ("i4", .signed, 1), ("f2", .float, 1), ("f4", .float, 1), ("f8", .float, 1),
        ("f4_big_endian", .float, 1), ("u2_big_endian_lzw_predictor", .unsigned, 1), ("f4_bigtiff", .float, 1),
        ("f4_2", .float, 2), ("f4_2_planes", .float, 2), ("f4_5_rows", .float, 5), ("f4_2_tiles", .float, 2),
        ("u2_3_planes_tiles", .unsigned, 3), ("f4_lzw", .float, 1), ("f4_deflate_predictor", .float, 1),
        ("f4_zstd", .float, 1), ("i2_packbits", .signed, 1), ("rgb8", .unsigned, 3), ("rgb16", .wide, 3),
        ("rgba8", .unsigned, 3), ("rgba8", .unsigned, 4), ("palette8", .unsigned, 1), ("bits1", .bits(1), 1),
        ("bits1_fax4", .bits(1), 1), ("bits2", .bits(2), 1), ("bits4", .bits(4), 1), ("overview", .unsigned, 1),
    ])
    func valuesOfEveryForm(_ name: String, _ stored: StoredNumbers, _ channels: Int) throws {
        #expect(try LabelFile(fixture("\(name).tif")).values(channels: channels) == stored.map(channels: channels))
    }

    @Test func whatStandsForNoValueIsNotANumber() throws {
        let map = try LabelFile(fixture("nodata.tif")).values(channels: 1)
        let unknown = map.values.indices.filter { map.values[$0].isNaN }
        #expect(unknown == [1 * 7 + 2, 2 * 7 + 3, 3 * 7 + 4])
        let depth = try LabelFile(fixture("nodata.tif")).depth()
        #expect(unknown.allSatisfy { depth.values[$0] == 0 })
    }

    @Test(arguments: [
        ("refused_pages", "several pages"), ("refused_jpeg", "compressed with loss"), ("refused_lzma", "LZMA"),
        ("refused_complex", "of a type that is not read"), ("refused_white", "0 is white"),
        ("refused_turned", "Orientation"), ("refused_cmyk", "CMYK"), ("f4", "1 channel and not 2"),
        ("rgba8", "4 channels and not 2"),
    ])
    func whatIsNoMapIsRefused(_ name: String, _ part: String) {
        let path = fixture("\(name).tif")
        expectRefusal(path, contains: part) { try LabelFile(path).values(channels: 2) }
    }

    @Test func sizesAreCheckedBeforeMemoryIsTaken() throws {
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture("u1.tif"))))
        expectRefusal("a.tif", contains: "the limit is 34") { try TIFFFile(bytes, path: "a.tif", pixelLimit: 34) }
        // The tags of a little-endian file: what follows width (256) and height (257) is type, count and number.
        for tag: UInt8 in [0, 1] {
            let place = bytes.indices.dropLast(3).first { bytes[$0] == tag && bytes[$0 + 1] == 1 && $0 >= 8 }!
            bytes[place + 9] = 16
        }
        expectRefusal("a.tif", contains: "more pixels than its bytes can hold") { try TIFFFile(bytes, path: "a.tif") }
        expectRefusal("a.tif", contains: "damaged") { try TIFFFile([0x49, 0x49, 42, 0, 8, 0], path: "a.tif") }
    }

    @Test func labelsOfOtherKinds() throws {
        let numbers = StoredNumbers.unsigned.map(channels: 1).values
        for name in ["u1", "u2", "u4", "palette8", "overview"] {
            #expect(try LabelFile(fixture("\(name).tif")).classes(count: 47).values == numbers, "\(name)")
        }
        #expect(try LabelFile(fixture("bits4.tif")).indices() == StoredNumbers.bits(4).map(channels: 1))
        #expect(try LabelFile(fixture("u1.tif")).shares().values == numbers.map { $0 / 255 })
        #expect(try LabelFile(fixture("bits2.tif")).shares().values.max() == 1)
        expectRefusal(fixture("f4.tif"), contains: "row 0, column 0 has -3", "scores are from 0 to 1") {
            try LabelFile(fixture("f4.tif")).shares()
        }
        // Masks of 0 and 1 that show in the picture's bits.
        #expect(try LabelFile(fixture("bits1.tif")).sharesOfNoSmallMask().values.contains(1))
        let colors = StoredNumbers.unsigned.map(channels: 3).values.map { 2 * $0 / 255 - 1 }
        #expect(try LabelFile(fixture("rgb8.tif")).vectors().values == colors)
        #expect(try LabelFile(fixture("rgba8.tif")).vectors().values == colors)
        // 2 · 257 v / 65535 - 1 is rounded once more.
        let wide = try LabelFile(fixture("rgb16.tif")).vectors().values
        #expect(zip(wide, colors).allSatisfy { abs($0 - $1) <= 2 * Float.ulpOfOne })
        #expect(try LabelFile(fixture("u2.tif")).depth().values == numbers.map { $0 / 1000 })
        let metres = StoredNumbers.float.map(channels: 1).values.map { $0 > 0 ? $0 : 0 }
        #expect(try LabelFile(fixture("f4.tif")).depth().values == metres)
        expectRefusal(fixture("u1.tif"), contains: "not of 16 bits") { try LabelFile(fixture("u1.tif")).depth() }
        expectRefusal(fixture("palette8.tif"), contains: "in colour") {
            try LabelFile(fixture("palette8.tif")).shares()
        }
    }
}

@Suite("Archives of arrays are read")
struct NumPyArchiveTests {
    @Test func oneArrayOrTheOneThatIsMeant() throws {
        let expected = StoredNumbers.float.map(channels: 2)
        #expect(try LabelFile(fixture("one.npz")).values(channels: 2) == expected)
        #expect(try LabelFile(fixture("one.npz"), array: "label").values(channels: 2) == expected)
        #expect(try LabelFile(fixture("deflated.npz")).values(channels: 2) == expected)
        let classes = StoredNumbers.unsigned.map(channels: 1)
        #expect(try LabelFile(fixture("deflated.npz"), array: "arr_1").classes(count: 47) == classes)
        #expect(
            try LabelFile(fixture("named.npz"), array: "u").values(channels: 1)
                == StoredNumbers.float.map(channels: 1))
    }

    @Test(arguments: [
        ("named.npz", nil, "2 arrays (u, classes) and none is called arr_0"), ("sparse.npz", nil, "sparse"),
        ("one.npz", "x", "no array x (it has label)"),
    ])
    func whichArrayIsNotGuessed(_ name: String, _ array: String?, _ part: String) {
        let path = fixture(name)
        expectRefusal(path, contains: part) { try LabelFile(path, array: array).values(channels: 1) }
    }

    @Test func damageIsFound() throws {
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture("deflated.npz"))))
        func refuse(_ bytes: [UInt8], _ part: String) {
            expectRefusal("a.npz", contains: part) { try NumPyArray(archive: bytes, path: "a.npz") }
        }
        refuse(Array(whole.dropLast(30)), "damaged or cut short")
        refuse([], "damaged or cut short")
        // The first part's bytes begin behind its header and name.
        var bytes = whole
        bytes[30 + 20 + 9 + 40] ^= 4
        refuse(bytes, "arr_0.npy is damaged")
        // Stored bytes are summed as well.
        var stored = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture("one.npz"))))
        stored[300] ^= 1
        refuse(stored, "label.npy is damaged")
    }

    @Test func a64BitListIsRead() throws {
        let array = NumPyArray.encoded([1, 2, 3], shape: [3])
        let archive = ZipBuilder().archive([("arr_0.npy", array)])
        #expect(try NumPyArray(archive: archive, path: "a.npz").values == [1, 2, 3])
    }
}

@Suite("Optical flow is read")
struct FlowFileTests {
    /// A file of `width` x `height` pixels.
    private static func file(width: Int32, height: Int32, _ values: [Float]) -> [UInt8] {
        func bytes(_ word: UInt32) -> [UInt8] { withUnsafeBytes(of: word.littleEndian) { Array($0) } }
        return bytes(Float(202021.25).bitPattern) + bytes(UInt32(bitPattern: width))
            + bytes(UInt32(bitPattern: height)) + values.flatMap { bytes($0.bitPattern) }
    }

    private static func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        try withTemporaryPath { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let path = "\(folder)/a.flo"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            try body(path)
        }
    }

    @Test func unknownPixelsAreNotANumber() throws {
        let values: [Float] = [1, -2, 1e10, 0.5, 3, .nan, 1e9, 4]
        try Self.withFile(Self.file(width: 2, height: 2, values)) { path in
            let map = try LabelFile(path).values(channels: 2)
            #expect(map.height == 2 && map.width == 2 && map.channels == 2)
            #expect(map.values.map(\.isNaN) == [false, false, true, true, true, true, false, false])
            #expect(map.values.prefix(2) == [1, -2] && map.values.suffix(2) == [1e9, 4])
            expectRefusal(path, contains: "2 channels and not 1") { try LabelFile(path).values(channels: 1) }
            expectRefusal(path, contains: "optical flow") { try LabelFile(path).depth() }
        }
    }

    @Test(arguments: [(2, 2, 6), (2, 2, 10), (0, 4, 0), (-1, 1, 2), (.max, .max, 2)] as [(Int32, Int32, Int)])
    func sizesThatDoNotFitAreRefused(_ width: Int32, _ height: Int32, _ count: Int) throws {
        try Self.withFile(Self.file(width: width, height: height, Array(repeating: 0, count: count))) { path in
            expectRefusal(path, contains: "bytes follow") { try LabelFile(path).values(channels: 2) }
        }
    }
}

@Suite("What is no label of its kind is refused by content")
struct LabelContentTests {
    private static func withFile(_ bytes: [UInt8], _ name: String, _ body: (String) throws -> Void) throws {
        try withTemporaryPath { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let path = "\(folder)/\(name)"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            try body(path)
        }
    }

    /// A JPEG of grey levels is no map of classes; a PNG is one, under any name.
    @Test(arguments: ["a.png", "a.npy", "a.tif", "a.jpg"]) func lossyClassMaps(_ name: String) throws {
        let jpeg = try Fixtures.bytes("NYUD_MT/images/1001.jpg")
        try Self.withFile(jpeg, name) { path in
            expectRefusal(path, contains: "it is a JPEG", "save it as PNG") { try LabelFile(path).indices() }
        }
        try Self.withFile(PNGFile(height: 1, width: 2, pixels: .grey([3, 4])).encoded(), "a.jpg") { path in
            let classes = try LabelFile(path).classes(count: 5).values
            #expect(classes == [3, 4])
        }
    }

    @Test(arguments: ["'<u2'", "'|u1'", "'|b1'", "'<i4'"]) func integersAreNeitherMetresNorUnitVectors(
        _ type: String
    ) throws {
        let size = Int(String(type.dropLast().last!))!
        let bytes = [UInt8](repeating: 1, count: 6 * size)
        try Self.withFile(NumPyArrayTests.file(type, shape: "(2, 3)", bytes), "a.npy") { path in
            expectRefusal(path, contains: "depth in an array is metres", "array / 1000") { try LabelFile(path).depth() }
            _ = try LabelFile(path).indices()
        }
        try Self.withFile(NumPyArrayTests.file(type, shape: "(1, 2, 3)", bytes), "a.npy") { path in
            expectRefusal(path, contains: "vectors have length 1", "2 * array / 255 - 1") {
                try LabelFile(path).vectors()
            }
            _ = try LabelFile(path).values(channels: 3)
        }
        expectRefusal(fixture("i4.tif"), contains: "not of 16 bits") { try LabelFile(fixture("i4.tif")).depth() }
    }
}
