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

    /// Writes checksums into the list of an archive whose sizes have 32 bits, as PyTorch's have: for every part whose
    /// bytes are where the list says, what `checksum` gives of them. It is repaired that way after it was damaged.
    package static func rewriteChecksums(
        of archive: inout [UInt8],
        _ checksum: (ArraySlice<UInt8>) -> UInt32 = { ZipArchive.checksum(of: Array($0)) }
    ) {
        func number(_ offset: Int, _ count: Int) -> Int {
            archive[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        let signature = Array("PK".utf8)
        let ends = stride(from: archive.count - 22, through: 0, by: -1)
        guard let end = ends.first(where: { archive[$0..<$0 + 4].elementsEqual(signature + [5, 6]) }) else { return }
        var entry = number(end + 16, 4)
        while entry + 46 <= end, archive[entry..<entry + 4].elementsEqual(signature + [1, 2]) {
            let header = number(entry + 42, 4)
            if header + 30 <= archive.count {
                let start = header + 30 + number(header + 26, 2) + number(header + 28, 2)
                let size = number(entry + 20, 4)
                if start + size <= archive.count {
                    let sum = checksum(archive[start..<start + size])
                    withUnsafeBytes(of: sum.littleEndian) { archive.replaceSubrange(entry + 16..<entry + 20, with: $0) }
                }
            }
            entry += 46 + number(entry + 28, 2) + number(entry + 30, 2) + number(entry + 32, 2)
        }
    }
}
