import Foundation

/// What a process that reads HDF5 files is asked, and what it answers: a message in JSON behind its length in four bytes,
/// and behind an answer the values.
enum HDF5Message {
    struct Request: Codable {
        let path: String
        /// Empty for the only one.
        let array: String
        /// The axis of which one place is read, and the place; nil where all is read. What lies outside of the array asks for
        /// its shape alone.
        let axis: Int?
        let index: Int
        /// Whether values follow the answer.
        let wantsValues: Bool
    }

    struct Answer: Codable {
        /// What is wrong, and what would mend it; nil where nothing is.
        var problem: String?
        var remedy = ""
        var shape: [Int] = []
        var kind = Kind.floatingPoint
        /// float32 values that follow.
        var valueCount = 0
    }

    enum Kind: String, Codable {
        case boolean, integer, floatingPoint
    }

    /// No message needs more.
    static let mostBytes = 1 << 16

    static func encoded(_ message: some Encodable) throws -> [UInt8] {
        let bytes = [UInt8](try JSONEncoder().encode(message))
        return withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { Array($0) } + bytes
    }

    /// The bytes of a message that follow its length; nil for a length that no message has.
    static func byteCount(_ length: [UInt8]) -> Int? {
        let count = length.reversed().reduce(0) { $0 << 8 | Int($1) }
        return (1...mostBytes).contains(count) ? count : nil
    }
}
