import CTIFF

/// A map of numbers in a TIFF file: integers of 1 to 64 bits or floats of 16, 32 or 64, with any number of channels, in
/// strips or tiles, channels interleaved or in planes of their own.
///
/// Values stay as they are stored: a palette's are its indices, and grey is not stretched. What compresses without loss
/// is read (LZW, Deflate, ZSTD, PackBits, fax), but for LZMA; JPEG and its like are refused by what the file says, not
/// by its name. So are files of several pages, unless the others are smaller copies of the first or masks. No file makes
/// reading take more than what its pixels need, and 128 MiB for ZSTD.
///
/// The format: Adobe's TIFF 6.0, and BigTIFF.
package struct TIFFFile: Sendable {
    /// What values are in the file.
    package enum NumberKind: Sendable, Equatable {
        /// Bits of a value: 1, 2, 4, 8, 16, 32 or 64.
        case unsigned(bits: Int)
        case signed
        case floatingPoint
    }

    package let height: Int
    package let width: Int
    /// Values a pixel, and how many of them, the last ones, are said to be alpha.
    package let channels: Int
    package let alphaChannels: Int
    package let kind: NumberKind
    /// Whether values are indices of a palette.
    package let hasPalette: Bool
    /// The value that stands for none, where the file names one as GDAL does.
    package let unknown: Float?

    private let bytes: [UInt8]
    private let path: String
    private let pixelLimit: Int

    /// The first bytes of such files: of either byte order, of the common form and the one above 4 GiB.
    private static let signatures: [[UInt8]] = [
        [0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 42], [0x49, 0x49, 43, 0], [0x4D, 0x4D, 0, 43],
    ]

    /// Whether a file that begins with `bytes` is of this kind.
    static func isStart(_ bytes: some Collection<UInt8>) -> Bool {
        signatures.contains { bytes.starts(with: $0) }
    }

    /// Uses the bytes of a file, and reads its header; `path` is for messages.
    /// - Throws: ``DataFileError`` when it is damaged, too large, or of a kind that is not read.
    package init(_ bytes: [UInt8], path: String, pixelLimit: Int = ImageFile.defaultPixelLimit) throws {
        let header = try Self.withReader(bytes, path: path, pixelLimit: pixelLimit) { _, header in header }
        height = Int(header.height)
        width = Int(header.width)
        channels = Int(header.channels)
        alphaChannels = Int(header.alpha)
        kind =
            switch header.kind {
            case CTIFF_FLOAT: .floatingPoint
            case CTIFF_SIGNED: .signed
            default: .unsigned(bits: Int(header.bits))
            }
        hasPalette = header.has_palette != 0
        unknown = header.has_unknown != 0 ? Float(header.unknown) : nil
        self.bytes = bytes
        self.path = path
        self.pixelLimit = pixelLimit
    }

    /// The values of `channels` channels, rounded to float32; alpha is left out where it is not asked for.
    /// - Throws: ``DataFileError`` when there are fewer or more, or when the file is damaged.
    package func map(channels wanted: Int) throws -> PixelMap {
        guard wanted == channels || wanted == channels - alphaChannels else {
            throw DataFileError(
                path: path,
                problem: "it has \(channels) \(channels == 1 ? "channel" : "channels") and not \(wanted)",
                remedy: "save height x width x \(wanted) numbers")
        }
        let values = try Self.withReader(bytes, path: path, pixelLimit: pixelLimit) { reader, header in
            let count = height * width * channels
            var result: (status: Int32, text: String) = (0, "")
            let stored = [UInt8](unsafeUninitializedCapacity: count * Int(header.bytes_per_value)) { buffer, filled in
                result = withErrorText { ctiff_reader_decode(reader, buffer.baseAddress, $0, $1) }
                filled = result.status == Int32(CTIFF_OK.rawValue) ? count * Int(header.bytes_per_value) : 0
            }
            try Self.check(result, path: path, header: header, pixelLimit: pixelLimit)
            return Self.floats(stored, header)
        }
        return PixelMap(
            height: height, width: width, channels: wanted,
            values: wanted == channels
                ? values
                : (0..<height * width).flatMap { values[$0 * channels..<$0 * channels + wanted] })
    }

    /// As ``map(channels:)``, with NaN where a value is the one that the file names as none.
    func numbers(channels: Int) throws -> PixelMap {
        var map = try map(channels: channels)
        guard let unknown else { return map }
        for index in map.values.indices where map.values[index] == unknown { map.values[index] = .nan }
        return map
    }

    /// The largest level of a picture; nil where values mean themselves.
    var largestLevel: Float? {
        guard case .unsigned(let bits) = kind, bits <= 16 else { return nil }
        return Float(1 << bits - 1)
    }

    private static func floats(_ stored: [UInt8], _ header: ctiff_header) -> [Float] {
        func numbers<Stored>(_ type: Stored.Type, _ float: (Stored) -> Float) -> [Float] {
            stored.withUnsafeBytes { $0.withMemoryRebound(to: type) { $0.map(float) } }
        }
        return switch (header.kind, header.bytes_per_value) {
        case (CTIFF_FLOAT, 2): numbers(UInt16.self) { Float(Float16(bitPattern: $0)) }
        case (CTIFF_FLOAT, 4): numbers(Float.self) { $0 }
        case (CTIFF_FLOAT, _): numbers(Double.self) { Float($0) }
        case (CTIFF_SIGNED, 1): numbers(Int8.self) { Float($0) }
        case (CTIFF_SIGNED, 2): numbers(Int16.self) { Float($0) }
        case (CTIFF_SIGNED, 4): numbers(Int32.self) { Float($0) }
        case (CTIFF_SIGNED, _): numbers(Int64.self) { Float($0) }
        case (_, 1): numbers(UInt8.self) { Float($0) }
        case (_, 2): numbers(UInt16.self) { Float($0) }
        case (_, 4): numbers(UInt32.self) { Float($0) }
        default: numbers(UInt64.self) { Float($0) }
        }
    }

    private static func withReader<Result>(
        _ bytes: [UInt8], path: String, pixelLimit: Int, _ body: (OpaquePointer, ctiff_header) throws -> Result
    ) throws -> Result {
        try bytes.withUnsafeBufferPointer { file in
            var reader: OpaquePointer?
            var header = ctiff_header()
            let opened = withErrorText { text, capacity in
                ctiff_reader_create(
                    file.baseAddress, file.count, UInt64(pixelLimit), &reader, &header, text, capacity)
            }
            defer { ctiff_reader_destroy(reader) }
            try check(opened, path: path, header: header, pixelLimit: pixelLimit)
            return try body(reader!, header)
        }
    }

    private static func check(
        _ result: (status: Int32, text: String), path: String, header: ctiff_header, pixelLimit: Int
    ) throws {
        func refusal(_ problem: String, _ remedy: String) -> DataFileError {
            DataFileError(path: path, problem: problem, remedy: remedy)
        }
        switch UInt32(result.status) {
        case CTIFF_OK.rawValue: return
        case CTIFF_TOO_LARGE.rawValue:
            throw ImageFile.tooLarge(path: path, height: header.height, width: header.width, pixelLimit: pixelLimit)
        case CTIFF_OUT_OF_MEMORY.rawValue:
            throw refusal("memory ran out", "use fewer workers or a smaller cache")
        case CTIFF_PAGES.rawValue:
            throw refusal("it has several pages, and a label is one", "save every page as a file of its own")
        case CTIFF_COMPRESSION.rawValue:
            throw refusal(
                "it is compressed with loss (JPEG, WebP, LERC) or as LZMA, which is not read",
                "save it with LZW, Deflate or ZSTD, or without compression")
        case CTIFF_COLORS.rawValue:
            throw refusal(
                "its colours are no plain numbers (YCbCr, CMYK, Lab, or grey whose 0 is white)",
                "save it as grey whose 0 is black, as RGB, or with a palette")
        case CTIFF_NUMBERS.rawValue:
            throw refusal(
                "its numbers are of a type that is not read",
                "save integers of 8, 16 or 32 bits, or floats of 16, 32 or 64")
        case CTIFF_TURNED.rawValue:
            throw refusal(
                "its tag Orientation says that it is to be turned, and pictures beside it may lie either way",
                "turn its pixels ('mogrify -auto-orient FILE') where the picture is upright, or else set the tag to 1 "
                    + "('tiffset -s 274 1 FILE')")
        default:
            throw refusal(
                "the TIFF is damaged or cut short\(result.text.isEmpty ? "" : " (\(printable(result.text, limit: .max)))")",
                "fetch the file again, or take it off the list")
        }
    }
}
