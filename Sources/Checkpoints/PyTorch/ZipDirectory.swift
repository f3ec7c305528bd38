/// Where the files inside of a zip archive lie, as far as PyTorch uses archives: stored, not compressed, with 64-bit
/// sizes where needed.
///
/// The format: PKWARE's APPNOTE 6.3, sections 4.3.7 to 4.3.16 and 4.5.3.
struct ZipDirectory {
    static let signature: [UInt8] = [0x50, 0x4B, 0x03, 0x04]
    /// An archive with a longer list of files is none of tensors.
    private static let maximumByteCount = 1 << 26

    /// The bytes of each file that is stored as it is, by its name.
    private(set) var files: [String: Range<Int>] = [:]
    /// The names of those that are compressed or encrypted, which nothing of a tensor's is.
    private(set) var packed: Set<String> = []

    /// Reads the list at the end of the archive, and each file's own header.
    ///
    /// - Throws: `PickleProblem`; `FileSystemError`.
    init(_ reader: borrowing FileReader) throws {
        let (list, count) = try Self.list(reader)
        var cursor = PickleCursor(try reader.bytes(at: list.lowerBound, count: list.count))
        for _ in 0..<count {
            guard try cursor.unsigned(4) == 0x0201_4B50 else { throw Self.damaged }
            _ = try cursor.take(4)
            let flags = try cursor.unsigned(2)
            let method = try cursor.unsigned(2)
            _ = try cursor.take(8)
            var compressed = try cursor.unsigned(4)
            var size = try cursor.unsigned(4)
            let nameLength = try cursor.length(2)
            let extraLength = try cursor.length(2)
            let commentLength = try cursor.length(2)
            _ = try cursor.take(8)
            var place = try cursor.unsigned(4)
            let name = try cursor.text(nameLength)
            var extra = PickleCursor(Array(try cursor.take(extraLength)))
            _ = try cursor.take(commentLength)
            try Self.widen(&size, &compressed, &place, from: &extra)
            guard flags & 1 == 0, method == 0, size == compressed else {
                packed.insert(name)
                continue
            }
            let bytes = try Self.bytes(at: place, size: size, before: list.lowerBound, reader)
            guard files.updateValue(bytes, forKey: name) == nil else {
                throw PickleProblem.damaged("it has its part \(quoted(name)) twice")
            }
        }
    }

    private static let damaged = PickleProblem.damaged("its list of parts is damaged or cut short")

    /// Where the list of files is, and how many it has.
    private static func list(_ reader: borrowing FileReader) throws -> (Range<Int>, count: Int) {
        let endLength = 22
        let tail = try reader.bytes(
            at: max(0, reader.byteCount - endLength - 0xFFFF), count: min(reader.byteCount, endLength + 0xFFFF))
        let start = reader.byteCount - tail.count
        for place in stride(from: tail.count - endLength, through: 0, by: -1)
        where tail[place] == 0x50 && tail[place...].starts(with: [0x50, 0x4B, 0x05, 0x06]) {
            var cursor = PickleCursor(tail, at: place + 10)
            var count = try cursor.unsigned(2)
            var size = try cursor.unsigned(4)
            var offset = try cursor.unsigned(4)
            guard try cursor.length(2) == cursor.remaining else { continue }
            var end = start + place
            if place >= 20, tail[(place - 20)...].starts(with: [0x50, 0x4B, 0x06, 0x07]) {
                var locator = PickleCursor(tail, at: place - 12)
                guard let wide = Int(exactly: try locator.unsigned(8)), wide <= end - 20 - 56 else { throw damaged }
                var record = PickleCursor(try reader.bytes(at: wide, count: 56))
                guard try record.unsigned(4) == 0x0606_4B50 else { throw damaged }
                _ = try record.take(28)
                count = try record.unsigned(8)
                size = try record.unsigned(8)
                offset = try record.unsigned(8)
                end = wide
            }
            guard size <= maximumByteCount, offset <= end, size <= UInt64(end) - offset, count <= size / 46 else {
                throw damaged
            }
            return (Int(offset)..<Int(offset + size), Int(count))
        }
        throw damaged
    }

    /// Replaces those of the three numbers that did not fit 32 bits by those in the 64-bit extra field.
    private static func widen(
        _ size: inout UInt64, _ compressed: inout UInt64, _ place: inout UInt64, from extra: inout PickleCursor
    ) throws {
        while extra.remaining >= 4 {
            let kind = try extra.unsigned(2)
            let length = try extra.length(2)
            guard kind == 1 else {
                // Padding may claim more than there is; then nothing follows it.
                guard length <= extra.remaining else { return }
                _ = try extra.take(length)
                continue
            }
            if size == 0xFFFF_FFFF { size = try extra.unsigned(8) }
            if compressed == 0xFFFF_FFFF { compressed = try extra.unsigned(8) }
            if place == 0xFFFF_FFFF { place = try extra.unsigned(8) }
            return
        }
    }

    /// The bytes of the file whose own header is at `place`.
    private static func bytes(
        at place: UInt64, size: UInt64, before limit: Int, _ reader: borrowing FileReader
    ) throws -> Range<Int> {
        let headerLength = 30
        guard let place = Int(exactly: place), let size = Int(exactly: size), place <= limit - headerLength else {
            throw damaged
        }
        var header = PickleCursor(try reader.bytes(at: place, count: headerLength))
        guard try header.unsigned(4) == 0x0403_4B50 else { throw damaged }
        _ = try header.take(22)
        let start = try place + headerLength + header.length(2) + header.length(2)
        guard start <= limit, size <= limit - start else { throw damaged }
        return start..<start + size
    }
}
