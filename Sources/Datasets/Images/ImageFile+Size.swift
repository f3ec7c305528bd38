import Archives
import Foundation

extension ImageFile {
    /// The height and width that the JPEG or PNG file at `path` says it has, from its beginning alone.
    /// - Throws: ``DataFileError`` when it cannot be read, has no such beginning, or is larger than pictures that are read.
    package static func size(_ path: String) throws -> (height: Int, width: Int) {
        guard let (height, width) = try notedSize(path), height > 0, width > 0 else {
            let file = FileHandle(forReadingAtPath: path)
            let start = [UInt8]((try? file?.read(upToCount: FileContent.startByteCount)) ?? Data())
            throw DataFileError(
                path: path, "it is neither a JPEG nor a PNG file, or it is damaged", of: isPicture(start) ? nil : start,
                remedy: "convert it to PNG (a photograph may be JPEG too), or take it off the list")
        }
        // Memory is planned by what damaged bytes may say.
        guard height <= defaultPixelLimit / width else {
            throw tooLarge(
                path: path, height: UInt32(height), width: UInt32(width), pixelLimit: defaultPixelLimit)
        }
        return (height, width)
    }

    private static func notedSize(_ path: String) throws -> (height: Int, width: Int)? {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw DataFileError(
                path: path, problem: "it cannot be read",
                remedy: "check that the file is there and that you may read it")
        }
        defer { try? file.close() }
        func bytes(at offset: Int, count: Int) throws -> [UInt8]? {
            try file.seek(toOffset: UInt64(offset))
            let data = try file.read(upToCount: count) ?? Data()
            return data.count == count ? [UInt8](data) : nil
        }
        func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
        if let start = try bytes(at: 0, count: 24), start.starts(with: PNGFile.signature) {
            return (number(start[20..<24]), number(start[16..<20]))
        }
        var segments = JPEGSegments(bytes)
        while let segment = try segments.next() {
            // The frame's segment says the size; among the markers of frames are those of tables.
            guard (0xC0...0xCF).contains(segment.marker), ![0xC4, 0xC8, 0xCC].contains(segment.marker) else { continue }
            guard let frame = try segments.contents(segment), frame.count >= 5 else { break }
            return (number(frame[1..<3]), number(frame[3..<5]))
        }
        return nil
    }
}
