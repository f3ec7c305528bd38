import Checkpoints

/// What a file of tensors holds.
package struct FileInspection: Encodable, Sendable {
    /// One tensor.
    package struct Row: Encodable, Sendable {
        package let name: String
        /// As safetensors names types: F32, BF16, I64 …
        package let type: String
        package let shape: [Int]
        package let bytes: Int
        /// Of the elements, row-major and little-endian, so that equal tensors are equal in every format.
        package let sha256: String
        /// The first tensor of the file that has the same elements, in the same place or another.
        package let sameAs: String?
        /// A tensor that begins earlier in the file and has bytes in common with this one.
        package let sharesBytesWith: String?
    }

    package let path: String
    /// `safetensors` or `pytorch`.
    package let format: String
    package let bytes: Int
    package let sha256: String
    package let metadata: [String: String]
    /// The names of what is no tensor, in files of PyTorch.
    package let others: [String]
    package let rows: [Row]

    /// Reads all of the file at `path`.
    ///
    /// - Throws: `FileSystemError`; `InvalidFileError`.
    package init(_ path: String) throws {
        let file = try TensorFiles.open(path)
        var first: [String: String] = [:]
        let shared = file.sharedBytes()
        var rows: [Row] = []
        for tensor in file.tensors {
            let digest = try file.hexadecimalDigest(of: tensor)
            let key = "\(tensor.elementType.rawValue) \(tensor.shape) \(digest)"
            rows.append(
                Row(
                    name: tensor.name, type: tensor.elementType.rawValue, shape: tensor.shape,
                    bytes: tensor.byteCount, sha256: digest, sameAs: first[key], sharesBytesWith: shared[tensor.name]))
            if first[key] == nil { first[key] = tensor.name }
        }
        self.path = path
        self.rows = rows
        format = file is PyTorchFile ? "pytorch" : "safetensors"
        (sha256, bytes) = try SHA256.hexadecimalAndByteCount(ofFile: path)
        metadata = file.metadata
        others = (file as? PyTorchFile)?.others ?? []
    }

    /// The numbers in all tensors.
    package var elementCount: Int { rows.reduce(0) { $0 + $1.shape.reduce(1, *) } }

    package var text: String {
        var table = TextTable(columns: ["tensor", "type", "shape", "bytes", "SHA-256", "shared"])
        for row in rows {
            table.add([
                row.name, row.type, "[\(row.shape.map(String.init).joined(separator: ", "))]", "\(row.bytes)",
                ByteText.shortDigest(row.sha256),
                row.sharesBytesWith.map { "bytes of \($0)" } ?? row.sameAs.map { "equal to \($0)" } ?? "",
            ])
        }
        var lines = [
            table.text, "",
            "\(path): \(format), \(rows.count) tensors, \(ByteText.grouped(elementCount)) numbers, "
                + "\(ByteText.of(bytes))",
            "SHA-256  \(sha256)",
        ]
        lines += metadata.sorted { $0.key < $1.key }.map { "metadata \($0.key): \($0.value)" }
        if !others.isEmpty { lines.append("no tensors: \(others.joined(separator: ", "))") }
        return lines.joined(separator: "\n")
    }
}
