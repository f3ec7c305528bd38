import Archives

/// Whether the checksums of a file's parts have to be right.
package enum PartChecksums: Sendable {
    case verified
    /// For files whose writer left them out.
    case ignored
}

extension PyTorchContents {
    /// Proves that the bytes of all parts are those that were packed, by their CRC-32.
    ///
    /// After `torch.serialization.set_crc32_options(False)` PyTorch writes 0 in place of every checksum, which damage
    /// cannot do to all of them: such a file is told apart.
    ///
    /// - Throws: `PickleProblem` where a part is damaged, or none has a checksum; `FileSystemError`.
    static func verify(_ parts: [ZipArchive.Part], of reader: borrowing FileReader) throws {
        let stored = parts.filter { $0.packing == .stored && !$0.bytes.isEmpty }
        // Parts over the same bytes would have them read again and again.
        guard stored.reduce(0, { $0 + $1.bytes.count }) <= reader.byteCount else {
            throw PickleProblem.damaged("its parts lie over one another")
        }
        guard stored.contains(where: { $0.checksum != 0 }) else {
            throw PickleProblem(
                problem: "none of its parts has a checksum, so damage would not show: it was saved after "
                    + "torch.serialization.set_crc32_options(False)",
                remedy: "save it again without that, or give --ignore-crc")
        }
        for part in stored {
            var checksum: UInt32 = 0
            try reader.forEachPiece(from: part.bytes.lowerBound, count: part.bytes.count) { piece in
                checksum = ZipArchive.checksum(of: piece, from: checksum)
            }
            guard checksum == part.checksum else {
                throw PickleProblem(
                    problem:
                        "it is damaged: the bytes of its part \(quoted(part.name)) are not those that were written "
                        + "(CRC-32)",
                    remedy: "copy or download the file again")
            }
        }
    }
}
