import TensorCore

/// Damage that is a function of its number alone: bits, bytes and words changed, and runs cut, moved and repeated.
package struct Mutation {
    private let random: RandomStream

    package init(_ number: Int) {
        random = RandomStream("mutation").substream(UInt64(number))
    }

    /// Numbers that parsers trip over, as little-endian words.
    private static let words: [UInt64] = [
        0, 1, 5, 14, 15, 0x7F, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x0100_0000,
        0x0004_0009, 1 << 40, 1 << 62, UInt64(Int.max), 1 << 63, .max,
    ]

    /// One to four changes of `bytes` at or after `first`, half of them in the next `near` bytes.
    package func applied(to bytes: [UInt8], from first: Int = 0, near: Int = 400) -> [UInt8] {
        var bytes = bytes
        for change in 0...UInt64(random.integer(0, below: 4)) where bytes.count > first + 16 {
            let stream = random.substream(change)
            let last = bytes.count - 8
            let end = stream.bits(0) & 1 == 0 ? min(last, first + near) : last
            // A zip's list of parts is at its end.
            let start = stream.bits(0) & 6 == 6 ? max(first, last - near) : first
            let place = start + stream.integer(1, below: max(1, max(end, start + 1) - start))
            switch stream.integer(2, below: 10) {
            case 0: bytes[place] ^= 1 << UInt8(stream.integer(3, below: 8))
            case 1, 2: bytes[place] = UInt8(stream.integer(3, below: 256))
            case 3: bytes.removeSubrange(place...)
            case 4: bytes.removeSubrange(place..<place + stream.integer(3, below: 8))
            case 5: bytes.insert(contentsOf: bytes[place..<place + 8], at: place)
            case 6:
                // A run from elsewhere.
                let source = first + stream.integer(3, below: bytes.count - first - 8)
                bytes.replaceSubrange(place..<place + 8, with: Array(bytes[source..<source + 8]))
            default:
                let word = Self.words[stream.integer(3, below: Self.words.count)]
                let size = [1, 2, 4, 8][stream.integer(4, below: 4)]
                let written = stream.bits(5) & 1 == 0 ? word.littleEndian : word.bigEndian
                let from = stream.bits(5) & 1 == 0 ? 0 : 8 - size
                let unit = stream.bits(5) & 2 == 0 ? place : max(first, place & ~3)
                withUnsafeBytes(of: written) { bytes.replaceSubrange(unit..<unit + size, with: $0[from..<from + size]) }
            }
        }
        return bytes
    }
}
