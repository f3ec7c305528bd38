/// Optical flow in Middlebury's format: 202021.25 as float32, width and height as int32, then u and v of each pixel as
/// float32, row-major, all little-endian.
///
/// Baker and others, A Database and Evaluation Methodology for Optical Flow, International Journal of Computer Vision 92
/// (2011); the format stands in their program flowIO.
package enum FlowFile {
    static let signature: [UInt8] = Array("PIEH".utf8)

    /// A component beyond this says that the pixel's flow is unknown.
    private static let unknown: Float = 1e9

    /// Decodes the bytes of a file; `path` is for messages.
    /// - Returns: height × width × 2: u, v in pixels; NaN where unknown.
    /// - Throws: ``DataFileError`` when it is damaged.
    package static func decode(_ bytes: [UInt8], path: String) throws -> PixelMap {
        func damaged(_ problem: String) -> DataFileError {
            DataFileError(path: path, problem: problem, remedy: "fetch the file again, or take it off the list")
        }
        guard bytes.starts(with: signature) else { throw damaged("it is not a .flo file") }
        guard bytes.count >= 12 else { throw damaged("the .flo file is cut short") }
        return try bytes.withUnsafeBytes { file in
            func word(_ index: Int) -> UInt32 {
                UInt32(littleEndian: file.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
            }
            let (width, height) = (Int(word(1)), Int(word(2)))
            let available = (bytes.count - 12) / 8
            guard width > 0, height > 0, height <= available / width, 12 + 8 * height * width == bytes.count else {
                throw damaged(
                    "it says that it has \(height) x \(width) pixels of 8 bytes, and \(bytes.count - 12) bytes follow")
            }
            var values = (0..<2 * height * width).map { Float(bitPattern: word(3 + $0)) }
            for pixel in stride(from: 0, to: values.count, by: 2)
            where !(abs(values[pixel]) <= unknown && abs(values[pixel + 1]) <= unknown) {
                values[pixel] = .nan
                values[pixel + 1] = .nan
            }
            return PixelMap(height: height, width: width, channels: 2, values: values)
        }
    }
}
