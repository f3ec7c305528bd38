import CZlib

/// The list of parts in a zip archive, with 64-bit sizes where needed; parts are stored or deflated.
///
/// The format: PKWARE's APPNOTE 6.3, sections 4.3.7 to 4.3.16 and 4.5.3. Every size is compared with the bytes that
/// there are before it is believed.
package struct ZipArchive: Sendable {
    package static let signature: [UInt8] = [0x50, 0x4B, 0x03, 0x04]

    /// A file in the archive.
    package struct Part: Sendable, Equatable {
        package let name: String
        package let packing: Packing
        /// The place of its bytes in the archive, as they are packed.
        package let bytes: Range<Int>
        /// Bytes once it is unpacked, as the list claims.
        package let byteCount: UInt64
        /// CRC-32 of the unpacked bytes.
        package let checksum: UInt32
    }

    /// How a part's bytes lie in the archive.
    package enum Packing: Sendable {
        case stored, deflated
        /// Encrypted, or compressed in another way.
        case other
    }

    /// Why an archive, or a part of it, cannot be read.
    package enum Problem: Error, Equatable {
        /// The list of parts is damaged or cut short.
        case list
        /// Two parts have the same name.
        case twice(name: String)
        /// A part's bytes are not those that were packed.
        case part(name: String)
        /// A part is encrypted, or compressed in a way that is not read.
        case packing(name: String)
        /// A part is larger than the limit.
        case tooLarge(name: String)
    }

    /// In the order of the archive's list.
    package let parts: [Part]

    /// An archive with a longer list is refused.
    private static let listLimit = 1 << 26
    private static let listEntry = 46
    private static let fileHeader = 30

    /// Reads the list at the end of an archive of `byteCount` bytes, and the header of each part.
    ///
    /// - Parameter read: returns so many bytes (the second number) from an offset (the first) on, which lie in the
    ///   archive.
    /// - Throws: `Problem`, and what `read` throws.
    package init(byteCount: Int, _ read: (Int, Int) throws -> [UInt8]) throws {
        let (place, count) = try Self.list(byteCount: byteCount, read)
        let list = Fields(try read(place.lowerBound, place.count))
        var parts: [Part] = []
        var names: Set<String> = []
        var start = 0
        for _ in 0..<count {
            guard start <= list.count - Self.listEntry, list[start, 4] == 0x0201_4B50 else { throw Problem.list }
            let nameEnd = start + Self.listEntry + Int(list[start + 28, 2])
            let extraEnd = nameEnd + Int(list[start + 30, 2])
            let end = extraEnd + Int(list[start + 32, 2])
            guard end <= list.count,
                let name = String(validating: list.bytes[(start + Self.listEntry)..<nameEnd], as: UTF8.self)
            else { throw Problem.list }
            var sizes = (unpacked: list[start + 24, 4], packed: list[start + 20, 4], header: list[start + 42, 4])
            try Self.widen(&sizes, from: Fields(Array(list.bytes[nameEnd..<extraEnd])))
            guard names.insert(name).inserted else { throw Problem.twice(name: name) }
            let isEncrypted = list[start + 8, 2] & 1 == 1
            let packing: Packing =
                switch list[start + 10, 2] {
                case 0 where !isEncrypted && sizes.packed == sizes.unpacked: .stored
                case 8 where !isEncrypted: .deflated
                default: .other
                }
            parts.append(
                Part(
                    name: name, packing: packing,
                    bytes: try Self.bytes(of: sizes.packed, behind: sizes.header, before: place.lowerBound, read),
                    byteCount: sizes.unpacked, checksum: UInt32(list[start + 16, 4])))
            start = end
        }
        self.parts = parts
    }

    /// The unpacked bytes of a part of the archive whose bytes are `archive`; their checksum is right.
    ///
    /// Of a deflated part no more memory is taken than a few times what comes out, whatever the list claims.
    ///
    /// - Parameter byteLimit: what a deflated part may unpack to, at most 2³¹ - 1.
    package static func contents(
        of part: Part, in archive: [UInt8], byteLimit: Int
    ) throws(Problem) -> [UInt8] {
        let bytes: [UInt8]
        switch part.packing {
        case .other:
            throw .packing(name: part.name)
        case .stored:
            bytes = Array(archive[part.bytes])
        case .deflated:
            guard part.byteCount <= byteLimit, part.bytes.count <= UInt32.max else { throw .tooLarge(name: part.name) }
            let result = archive.withUnsafeBytes { archive in
                Result { () throws(InflateError) in
                    try inflate(
                        UnsafeRawBufferPointer(rebasing: archive[part.bytes]), format: .deflate,
                        byteLimit: max(1, Int(part.byteCount)))
                }
            }
            guard case .success(let inflated) = result, inflated.count == part.byteCount else {
                throw .part(name: part.name)
            }
            bytes = inflated
        }
        guard checksum(of: bytes) == part.checksum else { throw .part(name: part.name) }
        return bytes
    }

    /// CRC-32 as zip archives and PNG files have it.
    package static func checksum(of bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { checksum(of: $0) }
    }

    /// The same of bytes that come in pieces: `start` is the checksum of those before.
    package static func checksum(of bytes: UnsafeRawBufferPointer, from start: UInt32 = 0) -> UInt32 {
        UInt32(crc32_z(UInt(start), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
    }

    /// The place of the list of parts, and how many it has.
    private static func list(
        byteCount: Int, _ read: (Int, Int) throws -> [UInt8]
    ) throws -> (Range<Int>, count: Int) {
        let endLength = 22
        let tailCount = min(byteCount, endLength + 0xFFFF)
        let tailStart = byteCount - tailCount
        let tail = Fields(try read(tailStart, tailCount))
        for place in stride(from: tail.count - endLength, through: 0, by: -1)
        where tail.bytes[place] == 0x50 && tail[place, 4] == 0x0605_4B50 {
            // A comment may hold the signature; the real record ends with the archive.
            guard place + endLength + Int(tail[place + 20, 2]) == tail.count else { continue }
            var (count, size, offset) = (tail[place + 10, 2], tail[place + 12, 4], tail[place + 16, 4])
            var end = tailStart + place
            if place >= 20, tail[place - 20, 4] == 0x0706_4B50 {
                guard let wide = Int(exactly: tail[place - 12, 8]), wide <= end - 20 - 56 else { throw Problem.list }
                let record = Fields(try read(wide, 56))
                guard record[0, 4] == 0x0606_4B50 else { throw Problem.list }
                (count, size, offset) = (record[32, 8], record[40, 8], record[48, 8])
                end = wide
            }
            guard size <= listLimit, offset <= end, size <= UInt64(end) - offset, count <= size / UInt64(listEntry)
            else { throw Problem.list }
            return (Int(offset)..<Int(offset + size), Int(count))
        }
        throw Problem.list
    }

    /// Replaces those of the three numbers that did not fit 32 bits by those in the 64-bit extra field.
    private static func widen(
        _ sizes: inout (unpacked: UInt64, packed: UInt64, header: UInt64), from extra: Fields
    ) throws(Problem) {
        var start = 0
        while start <= extra.count - 4 {
            let isWide = extra[start, 2] == 1
            let length = Int(extra[start + 2, 2])
            start += 4
            guard isWide else {
                // Padding may claim more than there is; then nothing follows it.
                start += length
                continue
            }
            func next() throws(Problem) -> UInt64 {
                guard start <= extra.count - 8 else { throw .list }
                defer { start += 8 }
                return extra[start, 8]
            }
            if sizes.unpacked == 0xFFFF_FFFF { sizes.unpacked = try next() }
            if sizes.packed == 0xFFFF_FFFF { sizes.packed = try next() }
            if sizes.header == 0xFFFF_FFFF { sizes.header = try next() }
            return
        }
    }

    /// The place of a part's bytes behind its own header at `offset`.
    private static func bytes(
        of size: UInt64, behind offset: UInt64, before limit: Int, _ read: (Int, Int) throws -> [UInt8]
    ) throws -> Range<Int> {
        guard let offset = Int(exactly: offset), let size = Int(exactly: size), offset <= limit - fileHeader else {
            throw Problem.list
        }
        let header = Fields(try read(offset, fileHeader))
        guard header[0, 4] == 0x0403_4B50 else { throw Problem.list }
        let start = offset + fileHeader + Int(header[26, 2]) + Int(header[28, 2])
        guard start <= limit, size <= limit - start else { throw Problem.list }
        return start..<start + size
    }
}

/// Little-endian numbers in bytes.
private struct Fields {
    let bytes: [UInt8]
    var count: Int { bytes.count }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The number of `count` bytes at `offset`, which must lie within the bytes.
    subscript(_ offset: Int, _ count: Int) -> UInt64 {
        bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
