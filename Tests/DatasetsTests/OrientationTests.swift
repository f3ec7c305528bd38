import Archives
import Datasets
import Foundation
import ProgramTesting
import Testing

/// Pictures of cameras that were held across or upside down.
@Suite("A camera's orientation")
struct OrientationTests {
    /// A note of an orientation, as cameras write it.
    private static func note(_ orientation: UInt8, isLittleEndian: Bool) -> [UInt8] {
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            return isLittleEndian ? bytes : bytes.reversed()
        }
        func entry(_ tag: Int, _ type: Int, _ value: [UInt8]) -> [UInt8] {
            number(tag, 2) + number(type, 2) + number(1, 4) + value + [UInt8](repeating: 0, count: 4 - value.count)
        }
        let header = Array((isLittleEndian ? "II" : "MM").utf8) + number(42, 2) + number(8, 4)
        let directory =
            number(2, 2) + entry(0x0100, 4, number(90, 4)) + entry(0x0112, 3, number(Int(orientation), 2))
            + number(0, 4)
        return header + directory
    }

    /// A PNG file with a chunk for the note before its pixels, or behind them.
    private static func png(
        _ file: PNGFile, noting orientation: UInt8, isLittleEndian: Bool = true, isLast: Bool = false
    ) -> [UInt8] {
        func number(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        let bytes = file.encoded()
        let contents = Array("eXIf".utf8) + note(orientation, isLittleEndian: isLittleEndian)
        let chunk = number(UInt32(contents.count - 4)) + contents + number(ZipArchive.checksum(of: contents))
        // Signature and header take 33 bytes, the end 12.
        let place = isLast ? bytes.count - 12 : 33
        return bytes[..<place] + chunk + bytes[place...]
    }

    /// A JPEG fixture with a note of its orientation.
    private static func picture(noting orientation: UInt8, isLittleEndian: Bool) throws -> [UInt8] {
        let contents = Array("Exif\0\0".utf8) + note(orientation, isLittleEndian: isLittleEndian)
        let length = contents.count + 2
        let bytes = try Fixtures.bytes("PASCAL_MT/JPEGImages/2008_000057.jpg")
        return bytes[..<2] + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + contents + bytes[2...]
    }

    @Test("every way to hold a camera ends upright")
    func turns() {
        let stored = ImageFile(height: 2, width: 3, channels: 1, bytes: [1, 2, 3, 4, 5, 6])
        let upright: [[UInt8]] = [
            [1, 2, 3, 4, 5, 6], [3, 2, 1, 6, 5, 4], [6, 5, 4, 3, 2, 1], [4, 5, 6, 1, 2, 3],
            [1, 4, 2, 5, 3, 6], [4, 1, 5, 2, 6, 3], [6, 3, 5, 2, 4, 1], [3, 6, 2, 5, 1, 4],
        ]
        for (number, bytes) in zip(1...8, upright) {
            let turned = stored.turned(from: ImageFile.Orientation(number))
            #expect(turned.bytes == bytes, "\(number)")
            #expect(turned.height == (number < 5 ? 2 : 3))
        }
        let colored = ImageFile(height: 1, width: 2, channels: 3, bytes: [1, 2, 3, 4, 5, 6])
        #expect(colored.turned(from: ImageFile.Orientation(3)).bytes == [4, 5, 6, 1, 2, 3])
    }

    @Test("the note is read in either byte order", arguments: [true, false])
    func reading(isLittleEndian: Bool) throws {
        let plain = try Fixtures.bytes("PASCAL_MT/JPEGImages/2008_000057.jpg")
        let pixels = try ImageFile.decode(plain, path: "plain")
        for number in UInt8(1)...8 {
            let noted = try Self.picture(noting: number, isLittleEndian: isLittleEndian)
            let orientation = ImageFile.Orientation(Int(number))
            #expect(ImageFile.orientation(of: noted) == orientation)
            #expect(try ImageFile.decode(noted, path: "noted") == pixels)
            #expect(
                try ImageFile.decode(noted, path: "noted", orientation: .applied) == pixels.turned(from: orientation))
        }
        for number in [UInt8(0), 9] {
            let noted = try Self.picture(noting: number, isLittleEndian: isLittleEndian)
            #expect(ImageFile.orientation(of: noted) == .upright)
        }
        #expect(ImageFile.orientation(of: plain) == .upright)
        #expect(ImageFile.orientation(of: Array(plain[..<20])) == .upright)
    }

    @Test("a picture that labels lie beside is refused where it would have to be turned")
    func labels() throws {
        try withTemporaryPath { root in
            for name in ["images", "edge"] {
                try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
            }
            try Data("x".utf8).write(to: URL(fileURLWithPath: "\(root)/train.txt"))
            let map = [UInt8](repeating: 255, count: 63 * 90)
            try PNGFile(height: 63, width: 90, pixels: .grey(map)).write(to: "\(root)/edge/x.png")
            func write(_ number: UInt8) throws {
                try Data(Self.picture(noting: number, isLittleEndian: false))
                    .write(to: URL(fileURLWithPath: "\(root)/images/x.jpg"))
            }
            try write(6)
            let source = try LabelledFolder(root: root, split: "train", tasks: [.edge])
            let problem = try #require(try source.problems(tasks: [.edge], workers: 1).first)
            #expect("\(problem)".contains("Exif orientation 6") && "\(problem)".contains("mogrify -auto-orient"))
            try write(1)
            #expect(try source.problems(tasks: [.edge], workers: 1).isEmpty)
        }
    }

    @Test("PNG notes it too, before its pixels or behind them", arguments: [true, false])
    func png(isLast: Bool) throws {
        let file = PNGFile(height: 2, width: 3, pixels: .grey([1, 2, 3, 4, 5, 6]))
        let pixels = try ImageFile.decode(file.encoded(), path: "plain")
        for number in UInt8(1)...8 {
            let noted = Self.png(file, noting: number, isLittleEndian: number % 2 == 0, isLast: isLast)
            let orientation = ImageFile.Orientation(Int(number))
            #expect(ImageFile.orientation(of: noted) == orientation)
            #expect(try ImageFile.decode(noted, path: "noted") == pixels)
            #expect(
                try ImageFile.decode(noted, path: "noted", orientation: .applied) == pixels.turned(from: orientation))
        }
        let turned = Self.png(file, noting: 6, isLast: isLast)
        expectRefusal("noted", contains: "Exif orientation 6", "labels beside it", "mogrify -auto-orient") {
            try ImageFile.decode(turned, path: "noted", orientation: .refused)
        }
        #expect(ImageFile.orientation(of: Array(turned.prefix(60))) == .upright)
    }

    @Test("a label that would have to be turned is refused, of 16 bits too")
    func turnedLabels() throws {
        try withTemporaryPath { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let path = "\(folder)/a.png"
            func write(_ pixels: PNGFile.Pixels) throws {
                let file = PNGFile(height: 1, width: 2, pixels: pixels)
                try Data(Self.png(file, noting: 3)).write(to: URL(fileURLWithPath: path))
            }
            try write(.grey([0, 1]))
            #expect(try LabelFile(path).indices().values == [0, 1])
            expectRefusal(path, contains: "Exif orientation 3", "pictures beside it") {
                try LabelFile(path, orientation: .refused).indices()
            }
            try write(.grey16([1000, 2000]))
            #expect(try LabelFile(path).depth().values == [1, 2])
            expectRefusal(path, contains: "Exif orientation 3") { try LabelFile(path, orientation: .refused).depth() }
        }
    }
}
