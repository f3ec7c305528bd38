/// The checksum of TensorFlow's record files: CRC-32C (Castagnoli, RFC 3720 appendix B.4), masked so that the checksum
/// of bytes that hold their own checksum is not degenerate.
package enum CRC32C {
    /// By byte, with the polynomial 0x1EDC6F41 reflected.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
    }

    /// The plain checksum, as other formats have it: that of "123456789" is 0xE306_9283.
    package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
    }

    /// Rotated right by 15 bits, plus a constant.
    package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let sum = checksum(bytes)
        return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
    }
}
