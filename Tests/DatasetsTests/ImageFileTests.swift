import Datasets
import Foundation
import ProgramTesting
import Testing

@Suite("Image files are read")
struct ImageFileTests {
    /// 4:4:4, 4:2:2, 4:2:0, progressive, grey, with restart markers: to the byte, as the decoder's rounding is fixed.
    @Test(arguments: [
        ("PASCAL_MT", "PASCAL_MT/JPEGImages", "2010_000168"), ("PASCAL_MT", "PASCAL_MT/JPEGImages", "2009_000020"),
        ("PASCAL_MT", "PASCAL_MT/JPEGImages", "2009_000353"), ("PASCAL_MT", "PASCAL_MT/JPEGImages", "2008_000057"),
        ("PASCAL_MT", "PASCAL_MT/JPEGImages", "2008_000612"), ("PASCAL_MT", "PASCAL_MT/JPEGImages", "2010_000945"),
        ("NYUD_MT", "NYUD_MT/images", "1001"), ("NYUD_MT", "NYUD_MT/images", "101"),
        ("NYUD_MT", "NYUD_MT/images", "12"), ("NYUD_MT", "NYUD_MT/images", "21"), ("NYUD_MT", "NYUD_MT/images", "3"),
        ("NYUD_MT", "NYUD_MT/images", "7"),
    ])
    func jpegGivesTheReferenceBytes(set: String, folder: String, identifier: String) throws {
        let expected = try Fixtures.expected("loaders", set, "images", identifier, "image")
        let picture = try ImageFile.read(Fixtures.path("\(folder)/\(identifier).jpg"))
        #expect([picture.height, picture.width] == expected.integers("size"))
        #expect(picture.channels == expected.object("jpeg").integer("components"))
        let values = channelsFirst(picture.rgbMap.values, channels: 3)
        let pixels = picture.height * picture.width
        let sums = (0..<3).map { Int(values[$0 * pixels..<($0 + 1) * pixels].reduce(0.0) { $0 + Double($1) }) }
        #expect(sums == expected.object("bytes").integers("sum"))
        #expect(expected.integers("at").map { Int(values[$0]) } == expected.object("bytes").integers("value"))
    }

    /// As ImageNet has some.
    @Test(arguments: ["cmyk", "ycck"])
    func jpegOfInksGivesTheReferenceColors(name: String) throws {
        let picture = try ImageFile.read(Fixtures.path("formats/\(name).jpg"))
        #expect(try picture == ImageFile.read(Fixtures.path("formats/\(name).png")))
        #expect(picture.channels == 3 && Set(picture.bytes).count > 100)
    }

    /// ImageNet has a PNG whose name ends in .JPEG, and people rename files.
    @Test(arguments: [("formats/rgb8.png", "n02105855_2933.JPEG"), ("PASCAL_MT/JPEGImages/2008_000612.jpg", "a.png")])
    func theNameDoesNotMatter(file: String, other: String) throws {
        try withTemporaryPath { folder in
            try FileManager.default.copyItem(atPath: Fixtures.path(file), toPath: "\(folder)/\(other)")
            #expect(try ImageFile.read("\(folder)/\(other)") == ImageFile.read(Fixtures.path(file)))
            #expect(try PictureFolder(root: folder).sample(at: 0, tasks: []).image.channels == 3)
        }
    }

    /// A camera's turn is not made: label maps lie as the pixels do.
    @Test func pixelsComeAsTheyAreStored() throws {
        let plain = try Fixtures.bytes("PASCAL_MT/JPEGImages/2008_000612.jpg")
        // An Exif segment with one entry, orientation 6: a quarter turn.
        let turn: [UInt8] =
            [0xFF, 0xE1, 0, 34] + Array("Exif\0\0MM\0*".utf8) + [0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6]
            + [UInt8](repeating: 0, count: 6)
        let turned = plain[..<2] + turn + plain[2...]
        #expect(try ImageFile.decode(Array(turned), path: "a") == ImageFile.decode(plain, path: "b"))
    }

    @Test(arguments: ["2010_000168", "2009_000020", "2009_000353", "2008_000057", "2008_000612", "2010_000945"])
    func palettePNGGivesTheReferenceClasses(identifier: String) throws {
        let expected = try Fixtures.expected("loaders", "PASCAL_MT", "images", identifier, "semseg")
        let path = Fixtures.path("PASCAL_MT/SemanticSegmentation/Context/\(identifier).png")
        let map = try ImageFile.read(path, palette: .indices)
        #expect([map.height, map.width] == expected.integers("shape"))
        #expect(map.channels == 1)
        #expect(checksum(map.bytes.map(Float.init)) == expected.integer("crc32"))
    }

    /// The files hold a formula's values in every kind of pixel that PNG knows.
    @Test func pngOfEveryKindGivesItsValues() throws {
        func picture(_ name: String, channels: Int, _ value: (Int, Int, Int) -> Int) throws {
            for palette in [ImageFile.PaletteReading.colors, .indices] {
                let read = try ImageFile.read(Fixtures.path("formats/\(name).png"), palette: palette)
                #expect(read.height == 5 && read.width == 7 && read.channels == channels, "\(name)")
                #expect(read.bytes.map(Int.init) == formula(channels: channels, value), "\(name)")
            }
        }
        func eight(row: Int, column: Int, channel: Int) -> Int { (row * 31 + column * 17 + channel * 71) % 256 }
        func sixteen(row: Int, column: Int, channel: Int) -> Int {
            (row * 9973 + column * 6131 + channel * 4099) % 65536
        }
        // v * 255 / 65535, rounded; it never lies half-way.
        func rounded(row: Int, column: Int, channel: Int) -> Int {
            (sixteen(row: row, column: column, channel: channel) + 128) / 257
        }
        try picture("grey1", channels: 1) { ($0 * 31 + $1 * 17 + $2) % 2 * 255 }
        try picture("grey2", channels: 1) { ($0 * 31 + $1 * 17 + $2) % 4 * 85 }
        try picture("grey4", channels: 1) { ($0 * 31 + $1 * 17 + $2) % 16 * 17 }
        try picture("grey8", channels: 1, eight)
        try picture("grey16", channels: 1, rounded)
        try picture("grey_alpha8", channels: 1, eight)
        try picture("grey_alpha16", channels: 1, rounded)
        try picture("rgb8", channels: 3, eight)
        try picture("rgb8_interlaced", channels: 3, eight)
        try picture("rgb16", channels: 3, rounded)
        try picture("rgba8", channels: 3, eight)
        try picture("rgba16", channels: 3, rounded)
    }

    @Test(arguments: [
        ("palette1", 2), ("palette2", 4), ("palette4", 16), ("palette4_interlaced", 16), ("palette8", 200),
    ])
    func paletteIsReadAsIndicesOrAsColors(name: String, colors: Int) throws {
        let path = Fixtures.path("formats/\(name).png")
        let indices = formula(channels: 1) { row, column, _ in (row * 31 + column * 17) % colors }
        #expect(try ImageFile.read(path, palette: .indices).bytes.map(Int.init) == indices)
        let painted = try ImageFile.read(path, palette: .colors)
        #expect(painted.channels == 3)
        let expected = indices.flatMap { index in [index * 37, index * 37 + 11, index * 37 + 22] }
        #expect(painted.bytes == expected.map { UInt8(truncatingIfNeeded: $0) })
    }

    @Test func sixteenBitsCanBeReadInFull() throws {
        let map = try ImageFile.readFullRange(Fixtures.path("formats/rgba16.png"))
        #expect(map.channels == 3)
        #expect(map.values.map { Int($0) } == formula(channels: 3) { ($0 * 9973 + $1 * 6131 + $2 * 4099) % 65536 })
        let bytes = try ImageFile.readFullRange(Fixtures.path("formats/grey8.png"))
        #expect(bytes.values.max()! <= 255)
    }

    @Test func greyIsRepeatedInRGB() {
        let picture = ImageFile(height: 1, width: 2, channels: 1, bytes: [7, 250])
        #expect(picture.rgbMap == PixelMap(height: 1, width: 2, channels: 3, values: [7, 7, 7, 250, 250, 250]))
    }

    // MARK: what is refused

    /// Every file that is cut anywhere must be refused, and the message must name it.
    @Test(arguments: [
        "PASCAL_MT/JPEGImages/2009_000353.jpg", "PASCAL_MT/JPEGImages/2008_000612.jpg",
        "PASCAL_MT/JPEGImages/2010_000945.jpg", "PASCAL_MT/SemanticSegmentation/Context/2010_000168.png",
        "formats/rgb8_interlaced.png",
    ])
    func cutFilesAreRefused(file: String) throws {
        let whole = try Fixtures.bytes(file)
        try withTemporaryPath { folder in
            let path = folder + "/cut.image"
            for length in stride(from: 0, to: whole.count, by: max(1, whole.count / 97)) + [whole.count - 1] {
                try Data(whole[..<length]).write(to: URL(fileURLWithPath: path))
                let error = #expect(throws: DataFileError.self, "cut to \(length) bytes") {
                    try ImageFile.read(path)
                }
                #expect(error?.description.hasPrefix(path) == true)
            }
        }
    }

    /// Damage anywhere either leaves a picture of some kind or is refused; it never crashes or asks for much memory.
    @Test(arguments: [
        "PASCAL_MT/JPEGImages/2009_000353.jpg", "formats/palette8.png", "formats/rgb8_interlaced.png",
        "PASCAL_MT/SemanticSegmentation/Context/2008_000057.png",
    ])
    func damagedFilesAreReadOrRefused(file: String) throws {
        let whole = try Fixtures.bytes(file)
        try withTemporaryPath { folder in
            let path = folder + "/damaged.image"
            var refused = 0
            for position in stride(from: 0, to: whole.count, by: max(1, whole.count / 199)) {
                var damaged = whole
                damaged[position] ^= UInt8(truncatingIfNeeded: 1 << (position % 8)) | 0x41
                try Data(damaged).write(to: URL(fileURLWithPath: path))
                do {
                    _ = try ImageFile.read(path, pixelLimit: 1 << 20)
                } catch let error as DataFileError {
                    refused += 1
                    #expect(error.path == path)
                }
            }
            #expect(refused > 0)
        }
    }

    @Test func messagesSayWhatToDo() throws {
        let large = Fixtures.path("formats/rgb8.png")
        expectRefusal(large, contains: "5 x 7", "limit is 34") { try ImageFile.read(large, pixelLimit: 34) }
        #expect(try ImageFile.read(large, pixelLimit: 35).height == 5)
        let jpeg = Fixtures.path("PASCAL_MT/JPEGImages/2008_000057.jpg")
        expectRefusal(jpeg, contains: "63 x 90", "limit") { try ImageFile.read(jpeg, pixelLimit: 100) }
        let missing = Fixtures.path("formats/none.png")
        expectRefusal(missing, contains: "cannot be read", "No such file") { try ImageFile.read(missing) }
        let text = Fixtures.path("expected/loaders.json")
        expectRefusal(text, contains: "neither a JPEG nor a PNG") { try ImageFile.read(text) }
    }

    /// A header alone can promise 2^31 pixels a side; the size must be refused before memory is taken.
    @Test func hugeHeadersAreRefused() throws {
        var bytes = try Fixtures.bytes("formats/grey8.png")
        bytes.replaceSubrange(16..<24, with: [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF])
        // CRC-32 of the chunk's name and its 13 bytes.
        let crc = UInt32(checksum(bytes[12..<29].map(Float.init)))
        bytes.replaceSubrange(29..<33, with: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: crc >> $0) })
        try withTemporaryPath { folder in
            let path = folder + "/huge.png"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            expectRefusal(path, contains: "2147483647 x 2147483647") { try ImageFile.read(path) }
        }
    }

    private func formula(channels: Int, _ value: (Int, Int, Int) -> Int) -> [Int] {
        (0..<5).flatMap { row in
            (0..<7).flatMap { column in (0..<channels).map { value(row, column, $0) } }
        }
    }
}

@Suite("PNG files are written")
struct PNGFileTests {
    @Test func whatIsWrittenIsReadBack() throws {
        let height = 9
        let width = 13
        let bytes = (0..<3 * height * width).map { UInt8(truncatingIfNeeded: $0 * $0) }
        let colors: [UInt8] = [0, 0, 0, 200, 10, 30, 5, 255, 5]
        let indices = (0..<height * width).map { UInt8($0 % 3) }
        let depth = (0..<height * width).map { UInt16(truncatingIfNeeded: $0 * 1237) }
        try withTemporaryPath { folder in
            let path = folder + "/picture.png"
            try PNGFile(height: height, width: width, pixels: .rgb(bytes)).write(to: path)
            #expect(try ImageFile.read(path) == ImageFile(height: height, width: width, channels: 3, bytes: bytes))
            let grey = Array(bytes[..<(height * width)])
            try PNGFile(height: height, width: width, pixels: .grey(grey)).write(to: path)
            #expect(try ImageFile.read(path) == ImageFile(height: height, width: width, channels: 1, bytes: grey))
            try PNGFile(height: height, width: width, pixels: .indices(indices, colors: colors)).write(to: path)
            #expect(try ImageFile.read(path, palette: .indices).bytes == indices)
            #expect(
                try ImageFile.read(path).bytes == indices.flatMap { colors[3 * Int($0)..<3 * Int($0) + 3] })
            try PNGFile(height: height, width: width, pixels: .grey16(depth)).write(to: path)
            #expect(try ImageFile.readFullRange(path).values == depth.map(Float.init))
            // Written aside and renamed: nothing else is left in the folder.
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["picture.png"])
        }
    }

    @Test func theSamePixelsGiveTheSameBytes() {
        let pixels = PNGFile.Pixels.rgb((0..<3 * 64 * 48).map { UInt8(truncatingIfNeeded: $0 * 7) })
        let first = PNGFile(height: 48, width: 64, pixels: pixels).encoded()
        #expect(first == PNGFile(height: 48, width: 64, pixels: pixels).encoded())
        // Chunks that could carry a date or a program's name.
        #expect(!String(decoding: first, as: Unicode.ASCII.self).contains("tIME"))
        #expect(!String(decoding: first, as: Unicode.ASCII.self).contains("tEXt"))
    }

    @Test func aFolderThatIsMissingIsNamed() {
        let path = "/nowhere/at/all/picture.png"
        expectRefusal(path, contains: "cannot be written", "No such file", "folder") {
            try PNGFile(height: 1, width: 1, pixels: .grey([0])).write(to: path)
        }
    }
}
