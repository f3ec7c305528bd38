import CJPEG

extension ImageFile {
    /// Decodes a JPEG of any sampling, baseline or progressive, grey, in colour, or in inks (CMYK, as some of ImageNet's).
    static func decodeJPEG(_ encoded: [UInt8], path: String, pixelLimit: Int) throws -> ImageFile {
        var reader: OpaquePointer?
        var header = cjpeg_header()
        return try encoded.withUnsafeBufferPointer { file in
            let opened = withErrorText { text, capacity in
                cjpeg_reader_create(
                    file.baseAddress, file.count, UInt64(pixelLimit), &reader, &header, text, capacity)
            }
            defer { cjpeg_reader_destroy(reader) }
            try checkJPEG(opened, path: path, header: header, pixelLimit: pixelLimit)
            let count = Int(header.height) * Int(header.width) * Int(header.channels)
            var decoded = opened
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { pixels, initializedCount in
                decoded = withErrorText { cjpeg_reader_decode(reader, pixels.baseAddress, $0, $1) }
                initializedCount = Int(CJPEG_OK.rawValue) == Int(decoded.status) ? count : 0
            }
            try checkJPEG(decoded, path: path, header: header, pixelLimit: pixelLimit)
            return ImageFile(
                height: Int(header.height), width: Int(header.width), channels: Int(header.channels), bytes: bytes)
        }
    }

    private static func checkJPEG(
        _ result: (status: Int32, text: String), path: String, header: cjpeg_header, pixelLimit: Int
    ) throws {
        switch UInt32(result.status) {
        case CJPEG_OK.rawValue:
            return
        case CJPEG_TOO_LARGE.rawValue:
            throw tooLarge(path: path, height: header.height, width: header.width, pixelLimit: pixelLimit)
        case CJPEG_OUT_OF_MEMORY.rawValue:
            throw DataFileError(path: path, problem: "memory ran out", remedy: "use fewer workers or a smaller cache")
        default:
            throw DataFileError(
                path: path, problem: "the JPEG is damaged or cut short (\(result.text))",
                remedy: "fetch the file again, or take it off the list")
        }
    }
}
