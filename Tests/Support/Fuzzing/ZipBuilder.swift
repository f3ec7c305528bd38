import Archives

/// Builds zip archives whose list has 64-bit sizes throughout, to read them back and to damage them; NumPy and PyTorch
/// write those only above 4 GiB.
package struct ZipBuilder {
    package init() {}

    /// An archive of stored parts.
    package func archive(_ parts: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        var archive: [UInt8] = []
        var list: [UInt8] = []
        for part in parts {
            let place = UInt64(archive.count)
            let sum = number(ZipArchive.checksum(of: part.bytes))
            let size = number(UInt64(part.bytes.count))
            let name = Array(part.name.utf8)
            let wide = number(UInt32.max) + number(UInt32.max) + number(UInt16(name.count))
            let before = number(UInt16(45)) + [UInt8](repeating: 0, count: 8)
            archive += ZipArchive.signature + before + sum + wide + number(UInt16(20)) + name
            archive += number(UInt16(1)) + number(UInt16(16)) + size + size + part.bytes
            list += number(UInt32(0x0201_4B50)) + number(UInt16(45)) + before + sum + wide + number(UInt16(28))
            list += [UInt8](repeating: 0, count: 10) + number(UInt32.max) + name
            list += number(UInt16(1)) + number(UInt16(24)) + size + size + number(place)
        }
        let start = UInt64(archive.count)
        archive += list
        let (count, end) = (number(UInt64(parts.count)), UInt64(archive.count))
        archive += number(UInt32(0x0606_4B50)) + number(UInt64(44)) + number(UInt32(45 << 16 | 45)) + number(UInt64(0))
        archive += count + count + number(UInt64(list.count)) + number(start)
        archive += number(UInt32(0x0706_4B50)) + number(UInt32(0)) + number(end) + number(UInt32(1))
        return archive + number(UInt32(0x0605_4B50)) + number(UInt32(0)) + number(UInt32.max) + number(UInt32.max)
            + number(UInt32.max) + number(UInt16(0))
    }

    private func number(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
