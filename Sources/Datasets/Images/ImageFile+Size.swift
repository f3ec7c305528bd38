import Foundation

extension ImageFile {
    /// The height and width that the JPEG or PNG file at `path` says it has, from its beginning alone.
    /// - Throws: ``DataFileError`` when it cannot be read or has no such beginning.
    package static func size(_ path: String) throws -> (height: Int, width: Int) {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw DataFileError(
                path: path, problem: "it cannot be read",
                remedy: "check that the file is there and that you may read it")
        }
        defer { try? file.close() }
        func bytes(at offset: UInt64, count: Int) throws -> [UInt8]? {
            try file.seek(toOffset: offset)
            let data = try file.read(upToCount: count) ?? Data()
            return data.count == count ? [UInt8](data) : nil
        }
        func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
        if let start = try bytes(at: 0, count: 24), start.starts(with: PNGFile.signature) {
            return (number(start[20..<24]), number(start[16..<20]))
        }
        // A JPEG is a chain of marked segments; the frame's says the size. No honest one has many before it, and a
        // long file must not be walked through byte by byte.
        var offset: UInt64 = 2
        var left = 1 << 14
        if let start = try bytes(at: 0, count: 2), start == [0xFF, 0xD8] {
            while left > 0, let segment = try bytes(at: offset, count: 9), segment[0] == 0xFF {
                left -= 1
                let marker = segment[1]
                if marker == 0xFF {
                    offset += 1
                } else if (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker) {
                    return (number(segment[5..<7]), number(segment[7..<9]))
                } else {
                    offset += 2 + UInt64(max(number(segment[2..<4]), 2))
                }
            }
        }
        throw DataFileError(
            path: path, problem: "it is neither a JPEG nor a PNG file, or it is damaged",
            remedy: "convert it to one of these, or take it off the list")
    }
}
