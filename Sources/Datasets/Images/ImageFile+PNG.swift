import CPNG

extension ImageFile {
    /// Decodes a PNG of any kind to bytes.
    static func decodePNG(
        _ encoded: [UInt8], palette: PaletteReading, path: String, pixelLimit: Int
    ) throws -> ImageFile {
        let output = palette == .indices ? CPNG_INDICES : CPNG_COLORS
        let (header, bytes) = try decodePNG(encoded, as: output, path: path, pixelLimit: pixelLimit)
        return ImageFile(
            height: Int(header.height), width: Int(header.width), channels: Int(header.channels), bytes: bytes)
    }

    /// Reads the PNG file at `path` with the values that it stores: 0 … 65535 where it has 16 bits (depth in
    /// millimetres, say), 0 … 255 otherwise. One channel or three.
    package static func readFullRange(_ path: String, pixelLimit: Int = defaultPixelLimit) throws -> PixelMap {
        try decodeFullRange(contents(ofFile: path), path: path, pixelLimit: pixelLimit)
    }

    /// The same from the bytes of a file; `path` is for messages.
    package static func decodeFullRange(
        _ encoded: [UInt8], path: String, pixelLimit: Int = defaultPixelLimit
    ) throws -> PixelMap {
        guard encoded.starts(with: PNGFile.signature) else {
            throw DataFileError(
                path: path, problem: "it is not a PNG file", remedy: "convert it to PNG, or take it off the list")
        }
        let (header, bytes) = try decodePNG(encoded, as: CPNG_WIDE, path: path, pixelLimit: pixelLimit)
        let values =
            header.bytes_per_value == 1
            ? bytes.map(Float.init)
            : bytes.withUnsafeBytes { raw in raw.bindMemory(to: UInt16.self).map(Float.init) }
        return PixelMap(
            height: Int(header.height), width: Int(header.width), channels: Int(header.channels), values: values)
    }

    private static func decodePNG(
        _ encoded: [UInt8], as output: cpng_output, path: String, pixelLimit: Int
    ) throws -> (cpng_header, [UInt8]) {
        var reader: OpaquePointer?
        var header = cpng_header()
        return try encoded.withUnsafeBufferPointer { file in
            let opened = withErrorText { text, capacity in
                cpng_reader_create(
                    file.baseAddress, file.count, output, UInt64(pixelLimit), &reader, &header, text, capacity)
            }
            defer { cpng_reader_destroy(reader) }
            try checkPNG(opened, path: path, header: header, pixelLimit: pixelLimit)
            let pixels = Int(header.height) * Int(header.width)
            let count = pixels * Int(header.channels) * Int(header.bytes_per_value)
            var decoded = opened
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { pixels, initializedCount in
                decoded = withErrorText { cpng_reader_decode(reader, pixels.baseAddress, $0, $1) }
                initializedCount = Int(CPNG_OK.rawValue) == Int(decoded.status) ? count : 0
            }
            try checkPNG(decoded, path: path, header: header, pixelLimit: pixelLimit)
            return (header, bytes)
        }
    }

    private static func checkPNG(
        _ result: (status: Int32, text: String), path: String, header: cpng_header, pixelLimit: Int
    ) throws {
        switch UInt32(result.status) {
        case CPNG_OK.rawValue:
            return
        case CPNG_TOO_LARGE.rawValue:
            throw tooLarge(path: path, height: header.height, width: header.width, pixelLimit: pixelLimit)
        case CPNG_OUT_OF_MEMORY.rawValue:
            throw DataFileError(path: path, problem: "memory ran out", remedy: "use fewer workers or a smaller cache")
        default:
            throw DataFileError(
                path: path, problem: "the PNG is damaged or cut short (\(result.text))",
                remedy: "fetch the file again, or take it off the list")
        }
    }
}
