/// The bytes of a MAT file, or what one of its compressed elements holds, with the tags that lie between them.
///
/// Every range is checked before it is used: an element that says that it is longer than what it lies in is refused.
struct MATBytes: Sendable {
    let bytes: [UInt8]
    let isBigEndian: Bool

    /// A tagged piece of a file.
    struct Element {
        /// The format's `mi` code.
        let type: UInt32
        let data: Range<Int>
        /// Where the next element begins.
        let end: Int
    }

    static let compressed: UInt32 = 15
    static let matrix: UInt32 = 14

    /// The element at `offset`, which must end by `limit`.
    func element(at offset: Int, before limit: Int) throws(MATProblem) -> Element {
        guard limit - offset >= 8 else { throw .damaged("an element is cut short") }
        let first = uint32(at: offset)
        if first >> 16 != 0 {
            // Up to four bytes lie in the tag itself.
            let count = Int(first >> 16)
            guard count <= 4 else { throw .damaged("an element's tag is not one of the format") }
            return Element(type: first & 0xFFFF, data: offset + 4..<offset + 4 + count, end: offset + 8)
        }
        let count = Int(uint32(at: offset + 4))
        guard count <= limit - offset - 8 else {
            throw .damaged("an element says that it has \(count) bytes where \(limit - offset - 8) are left")
        }
        let end = offset + 8 + count
        // Padded to 8 bytes, but for compressed elements and, in some writers' files, the last one.
        let padding = first == Self.compressed ? 0 : (8 - count % 8) % 8
        return Element(type: first, data: offset + 8..<end, end: min(end + padding, limit))
    }

    /// The number at `offset`, which must lie within the bytes.
    func uint32(at offset: Int) -> UInt32 {
        let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
        return isBigEndian ? UInt32(bigEndian: value) : UInt32(littleEndian: value)
    }

    func uint16(at offset: Int) -> UInt16 {
        let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt16.self) }
        return isBigEndian ? UInt16(bigEndian: value) : UInt16(littleEndian: value)
    }

    /// Names are ASCII; what is not is replaced, so that a damaged file cannot upset a terminal.
    func name(_ range: Range<Int>) -> String {
        let characters = bytes[range].prefix { $0 != 0 }.prefix(63)
        return String(decoding: characters.map { (32..<127).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}

/// What is wrong with a MAT file, before it is known which.
enum MATProblem: Error {
    case damaged(String)
    case tooLarge
}
