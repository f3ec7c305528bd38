import Foundation

/// A picture that is to be a PNG file. The same pixels always give the same bytes.
package struct PNGFile: Sendable {
    /// Row-major pixels.
    package enum Pixels: Sendable {
        /// One byte a pixel.
        case grey([UInt8])
        /// Three bytes a pixel.
        case rgb([UInt8])
        /// One byte a pixel: the number of a colour. `colors` holds 1 to 256 of them, three bytes each.
        case indices([UInt8], colors: [UInt8])
        /// 16 bits a pixel: depth in millimetres.
        case grey16([UInt16])
    }

    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    package let height: Int
    package let width: Int
    package let pixels: Pixels

    package init(height: Int, width: Int, pixels: Pixels) {
        precondition(height > 0 && width > 0, "a picture has at least one pixel")
        let (count, expected) =
            switch pixels {
            case .grey(let bytes): (bytes.count, height * width)
            case .rgb(let bytes): (bytes.count, 3 * height * width)
            case .indices(let bytes, _): (bytes.count, height * width)
            case .grey16(let values): (values.count, height * width)
            }
        precondition(count == expected, "a picture's pixels must fill its shape")
        if case .indices(let bytes, let colors) = pixels {
            let isPalette = (1...256).contains(colors.count / 3) && colors.count % 3 == 0
            precondition(isPalette, "a palette has 1 to 256 colours of three bytes")
            precondition(bytes.allSatisfy { 3 * Int($0) < colors.count }, "an index needs its colour in the palette")
        }
        self.height = height
        self.width = width
        self.pixels = pixels
    }

    /// The file's bytes.
    package func encoded() -> [UInt8] {
        func encoded(_ pixels: UnsafeRawBufferPointer, as layout: PNGWriter.Layout) -> [UInt8] {
            PNGWriter(height: height, width: width, layout).encode(rows: pixels)
        }
        return switch pixels {
        case .grey(let bytes): bytes.withUnsafeBytes { encoded($0, as: .grey) }
        case .rgb(let bytes): bytes.withUnsafeBytes { encoded($0, as: .rgb) }
        case .indices(let bytes, let colors): bytes.withUnsafeBytes { encoded($0, as: .indices(colors: colors)) }
        case .grey16(let values): values.withUnsafeBytes { encoded($0, as: .grey16) }
        }
    }

    /// Writes the file aside and renames it to `path`, so that a reader sees the old file or the whole new one.
    /// - Throws: ``DataFileError`` when the folder is missing, full or not writable.
    package func write(to path: String) throws {
        do {
            try Data(encoded()).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw DataFileError(
                path: path, problem: "it cannot be written (\(systemReason(of: error)))",
                remedy: "check that its folder is there, that you may write to it, and that the disk is not full")
        }
    }
}

/// How many bits a grey PNG has; what tells an index of 1 from a stretched level.
enum GreyDepth {
    case bits(Int)
    /// In colour, with a palette, or no PNG.
    case other

    init(_ bytes: [UInt8]) {
        let start = bytes.prefix(26)
        let isGrey = start.count == 26 && start.starts(with: PNGFile.signature) && (start[25] == 0 || start[25] == 4)
        // A number of bits that no PNG has is left to the decoder to refuse.
        self = isGrey && [1, 2, 4, 8, 16].contains(start[24]) ? .bits(Int(start[24])) : .other
    }
}
