/// A decoded picture: row-major bytes, channels last.
///
/// JPEG and PNG are told apart by their first bytes, never by name. Alpha is left out, 16-bit values are rounded to
/// 8 bits, 1, 2 and 4 bit grey is stretched to 0 … 255.
package struct ImageFile: Sendable, Equatable {
    /// What the pixels of a palette PNG are read as.
    package enum PaletteReading: Sendable {
        /// The colours, for pictures.
        case colors
        /// The indices, for label maps.
        case indices
    }

    /// Larger pictures are refused before memory is taken for them: a few damaged bytes can ask for gigabytes.
    package static let defaultPixelLimit = 1 << 26

    package let height: Int
    package let width: Int
    /// 1 (grey or indices) or 3 (RGB).
    package let channels: Int
    /// `height * width * channels` bytes.
    package let bytes: [UInt8]

    package init(height: Int, width: Int, channels: Int, bytes: [UInt8]) {
        precondition(channels == 1 || channels == 3, "a picture has one channel or three")
        precondition(bytes.count == height * width * channels, "a picture's bytes must fill its shape")
        self.height = height
        self.width = width
        self.channels = channels
        self.bytes = bytes
    }

    /// Reads the JPEG or PNG file at `path`.
    /// - Throws: ``DataFileError`` when it cannot be read, is damaged or cut short, or has more than
    ///   `pixelLimit` pixels.
    package static func read(
        _ path: String, palette: PaletteReading = .colors, orientation: OrientationReading = .ignored,
        pixelLimit: Int = defaultPixelLimit
    ) throws -> ImageFile {
        try decode(
            contents(ofFile: path), path: path, palette: palette, orientation: orientation, pixelLimit: pixelLimit)
    }

    /// Decodes the bytes of a JPEG or PNG file; `path` is for messages.
    package static func decode(
        _ encoded: [UInt8], path: String, palette: PaletteReading = .colors,
        orientation: OrientationReading = .ignored, pixelLimit: Int = defaultPixelLimit
    ) throws -> ImageFile {
        switch orientation {
        case .ignored: break
        case .refused: try requireUpright(encoded, path: path, others: "labels")
        case .applied:
            let stored = try decode(encoded, path: path, palette: palette, pixelLimit: pixelLimit)
            return stored.turned(from: Self.orientation(of: encoded))
        }
        if isJPEG(encoded) { return try decodeJPEG(encoded, path: path, pixelLimit: pixelLimit) }
        if encoded.starts(with: PNGFile.signature) {
            return try decodePNG(encoded, palette: palette, path: path, pixelLimit: pixelLimit)
        }
        throw DataFileError(
            path: path, "it is neither a JPEG nor a PNG file", of: encoded,
            remedy: "convert it to PNG (a photograph may be JPEG too), or take it off the list")
    }

    /// Whether a file that begins with `bytes` is a JPEG or PNG, whatever it is called.
    static func isPicture(_ bytes: [UInt8]) -> Bool { isJPEG(bytes) || bytes.starts(with: PNGFile.signature) }

    /// Whether a file that begins with `bytes` is a JPEG, whatever it is called.
    static func isJPEG(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0xFF, 0xD8, 0xFF]) }

    /// The picture as RGB values from 0 to 255; grey is repeated in all three channels.
    package var rgbMap: PixelMap {
        let values = channels == 3 ? bytes.map(Float.init) : bytes.flatMap { [Float](repeating: Float($0), count: 3) }
        return PixelMap(height: height, width: width, channels: 3, values: values)
    }

    static func tooLarge(path: String, height: UInt32, width: UInt32, pixelLimit: Int) -> DataFileError {
        DataFileError(
            path: path,
            problem: "it says that it has \(height) x \(width) pixels, and the limit is \(pixelLimit) in all",
            remedy: "scale the picture down")
    }
}
