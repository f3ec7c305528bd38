import Foundation

/// The framing of TensorFlow's record files: for each record its length (8 bytes), the masked CRC-32C of those, the
/// bytes, and their masked CRC-32C; numbers are little-endian.
package enum RecordFile {
    /// `payload` as a record.
    package static func record(_ payload: [UInt8]) -> [UInt8] {
        let length = bytes(UInt64(payload.count))
        return length + bytes(CRC32C.masked(length)) + payload + bytes(CRC32C.masked(payload))
    }

    /// How far a file was read.
    package struct Reading: Equatable {
        /// Bytes of whole records.
        package internal(set) var byteCount = 0
        /// What is wrong behind them where the file is damaged; records behind the damage cannot be found.
        package internal(set) var damage: String?

        /// Nothing was read yet.
        package init() {}
    }

    /// Hands over the records of a file, in order, as far as they are whole.
    ///
    /// The last record of a program that was killed, or that is writing now, may be cut short; that is no damage.
    /// - Parameters:
    ///   - file: the bytes behind what was read before.
    ///   - reading: how far the file was read before; moved on by what is whole. Behind damage nothing is read.
    package static func read(
        _ file: Data, after reading: inout Reading, _ body: (Data) throws -> Void
    ) rethrows {
        var rest = file[...]
        while reading.damage == nil, rest.count >= 12 {
            let length = number(rest.prefix(8))
            guard number(rest.dropFirst(8).prefix(4)) == UInt64(CRC32C.masked(rest.prefix(8))) else {
                reading.damage = "the checksum of the length at byte \(reading.byteCount) does not hold"
                return
            }
            guard length <= UInt64(rest.count) - 12, UInt64(rest.count) - 12 - length >= 4 else { return }
            let payload = rest.dropFirst(12).prefix(Int(length))
            rest = rest.dropFirst(12 + Int(length))
            guard number(rest.prefix(4)) == UInt64(CRC32C.masked(payload)) else {
                reading.damage = "the checksum of the record at byte \(reading.byteCount) does not hold"
                return
            }
            rest = rest.dropFirst(4)
            try body(payload)
            reading.byteCount += 16 + Int(length)
        }
    }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian, Array.init)
    }

    private static func number(_ bytes: Data) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
