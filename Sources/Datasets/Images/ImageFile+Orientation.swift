extension ImageFile {
    /// How the camera was held, as it noted it beside the pixels: Exif's tag 0x0112, from 1 (upright) to 8.
    package struct Orientation: Sendable, Equatable {
        package let number: Int

        /// - Parameter number: 1 … 8.
        package init(_ number: Int) {
            precondition((1...8).contains(number), "Exif knows eight orientations")
            self.number = number
        }

        package static let upright = Orientation(1)

        /// Upright, rows are the stored picture's columns.
        var isTransposed: Bool { number >= 5 }
        /// Stored rows, and stored columns, count from the other end.
        var flipsRows: Bool { [3, 4, 6, 7].contains(number) }
        var flipsColumns: Bool { [2, 3, 7, 8].contains(number) }
    }

    /// What becomes of the camera's note.
    package enum OrientationReading: Sendable {
        /// The pixels stay as they are stored, which is how data sets that were published with labels are read.
        case ignored
        /// The picture is turned upright, as viewers show it.
        case applied
        /// A picture that would have to be turned is refused: labels beside it may lie either way.
        case refused
    }

    /// The orientation that a JPEG or PNG file notes; `upright` where it notes none, or none that can be read.
    package static func orientation(of encoded: [UInt8]) -> Orientation {
        if encoded.starts(with: PNGFile.signature) { return orientation(ofPNG: encoded) ?? .upright }
        var segments = JPEGSegments { start, count in
            start <= encoded.count && count <= encoded.count - start ? Array(encoded[start..<start + count]) : nil
        }
        // Bytes in memory are read without an error.
        while let segment = try? segments.next() {
            guard segment.marker == 0xE1, let contents = try? segments.contents(segment),
                contents.starts(with: Array("Exif\0\0".utf8))
            else { continue }
            return orientation(inTIFF: contents.dropFirst(6)) ?? .upright
        }
        return .upright
    }

    /// Looks for the chunk eXIf among those of a PNG file (PNG 3rd edition, 11.3.4.5).
    private static func orientation(ofPNG encoded: [UInt8]) -> Orientation? {
        var start = PNGFile.signature.count
        while start <= encoded.count - 12 {
            let length = encoded[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= encoded.count - start - 12 else { return nil }
            let contents = encoded[(start + 8)..<(start + 8 + length)]
            if encoded[(start + 4)..<(start + 8)].elementsEqual("eXIf".utf8) { return orientation(inTIFF: contents) }
            start += 12 + length
        }
        return nil
    }

    /// Refuses a file that notes that it is to be turned.
    /// - Parameter others: what lies beside it: labels, or pictures.
    static func requireUpright(_ encoded: [UInt8], path: String, others: String) throws {
        let noted = orientation(of: encoded)
        guard noted != .upright else { return }
        throw DataFileError(
            path: path,
            problem:
                "the camera noted that it is to be turned (Exif orientation \(noted.number)), and \(others) beside "
                + "it may lie either way",
            remedy: "turn its pixels ('mogrify -auto-orient FILE') where \(others) are upright, or else drop the note "
                + "('mogrify -strip FILE')")
    }

    /// Looks for the tag in the first directory of a TIFF file, which Exif is (TIFF 6.0, section 2).
    private static func orientation(inTIFF file: ArraySlice<UInt8>) -> Orientation? {
        let isLittleEndian = file.starts(with: Array("II".utf8))
        func number(_ offset: Int, _ count: Int) -> Int? {
            guard offset <= file.count - count else { return nil }
            let bytes = file.dropFirst(offset).prefix(count)
            return isLittleEndian
                ? bytes.reversed().reduce(0) { $0 << 8 | Int($1) } : bytes.reduce(0) { $0 << 8 | Int($1) }
        }
        guard isLittleEndian || file.starts(with: Array("MM".utf8)), number(2, 2) == 42,
            let directory = number(4, 4), let count = number(directory, 2)
        else { return nil }
        for entry in 0..<count {
            let place = directory + 2 + 12 * entry
            guard let tag = number(place, 2) else { return nil }
            guard tag == 0x0112 else { continue }
            // One number of 16 bits, which stands in the entry itself.
            guard number(place + 2, 2) == 3, let value = number(place + 8, 2), (1...8).contains(value) else {
                return nil
            }
            return Orientation(value)
        }
        return nil
    }

    /// The picture upright, where it was stored in `orientation`.
    package func turned(from orientation: Orientation) -> ImageFile {
        guard orientation != .upright else { return self }
        let (isTransposed, flipsRows, flipsColumns) =
            (orientation.isTransposed, orientation.flipsRows, orientation.flipsColumns)
        let (newHeight, newWidth) = isTransposed ? (width, height) : (height, width)
        let turned = [UInt8](unsafeUninitializedCapacity: bytes.count) { target, initializedCount in
            for row in 0..<newHeight {
                for column in 0..<newWidth {
                    var (storedRow, storedColumn) = isTransposed ? (column, row) : (row, column)
                    if flipsRows { storedRow = height - 1 - storedRow }
                    if flipsColumns { storedColumn = width - 1 - storedColumn }
                    for channel in 0..<channels {
                        target[(row * newWidth + column) * channels + channel] =
                            bytes[(storedRow * width + storedColumn) * channels + channel]
                    }
                }
            }
            initializedCount = bytes.count
        }
        return ImageFile(height: newHeight, width: newWidth, channels: channels, bytes: turned)
    }
}
