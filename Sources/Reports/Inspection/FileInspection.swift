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
        /// What the file says of it beside this, which nothing here understands.
        package let otherFields: [String]

        /// Scalars of another tensor's name, longer than any network's: one name may stand in every row.
        fileprivate static let maximumReference = 256
    }

    package let path: String
    /// `safetensors` or `pytorch`.
    package let format: String
    package let bytes: Int
    package let sha256: String
    package let metadata: [String: String]
    /// The names of what is no tensor, in files of PyTorch.
    package let others: [String]
    /// Which of several networks the rows are; nil where the file has one.
    package let networks: String?
    package let rows: [Row]

    /// Reads all of the file at `path`.
    ///
    /// - Throws: `FileSystemError`; `InvalidFileError`.
    package init(_ path: String, checksums: PartChecksums = .verified) throws {
        let file = try TensorFiles.open(path, checksums: checksums)
        let (sha256, bytes) = try SHA256.hexadecimalAndByteCount(ofFile: path)
        try self.init(of: file, bytes: bytes, sha256: sha256)
    }

    /// Reads all tensors of `file`, which has so many bytes with that digest.
    ///
    /// - Throws: `FileSystemError`.
    package init(of file: any TensorFile, bytes: Int, sha256: String) throws {
        func reference(_ name: String?) -> String? { name?.printable(limit: Row.maximumReference) }
        var first: [String: String] = [:]
        let shared = file.sharedBytes()
        let digests = try file.hexadecimalDigests()
        var rows: [Row] = []
        for (tensor, digest) in zip(file.tensors, digests) {
            let key = "\(tensor.typeName) \(tensor.shape) \(digest)"
            rows.append(
                Row(
                    name: tensor.name, type: tensor.typeName, shape: tensor.shape,
                    bytes: tensor.byteCount, sha256: digest, sameAs: reference(first[key]),
                    sharesBytesWith: reference(shared[tensor.name]), otherFields: tensor.foreignFields))
            if first[key] == nil { first[key] = tensor.name }
        }
        path = file.path
        self.rows = rows
        format = file is PyTorchFile ? "pytorch" : "safetensors"
        self.bytes = bytes
        self.sha256 = sha256
        metadata = file.metadata
        others = (file as? PyTorchFile)?.others ?? []
        networks = (file as? PyTorchFile)?.networks?.sentence
    }

    /// The numbers in all tensors.
    package var elementCount: Int { rows.reduce(0) { $0 + $1.shape.reduce(1, *) } }

    /// For people: names are shortened, and nothing of the file reaches the terminal but what can be seen.
    package var text: String {
        var table = TextTable(columns: ["tensor", "type", "shape", "bytes", "SHA-256", "shared"])
        for row in rows {
            table.add([
                row.name.printableName,
                ([row.type] + row.otherFields).map(\.printableName).joined(separator: " with "),
                "[\(row.shape.map(String.init).joined(separator: ", "))]",
                "\(row.bytes)", ByteText.shortDigest(row.sha256),
                row.sharesBytesWith.map { "bytes of \($0.printableName)" }
                    ?? row.sameAs.map { "equal to \($0.printableName)" } ?? "",
            ])
        }
        var lines = [
            table.text, "",
            "\(path): \(format), \(rows.count) tensors, \(ByteText.grouped(elementCount)) numbers, "
                + "\(ByteText.of(bytes))",
            "SHA-256  \(sha256)",
        ]
        lines += metadata.sorted { $0.key < $1.key }.map { key, value in
            "metadata \(key.printableName): \(Self.indented(value))"
        }
        if let networks { lines.append("shown of \(networks)") }
        if !others.isEmpty { lines.append("no tensors: \(others.map(\.printableName).joined(separator: ", "))") }
        return lines.joined(separator: "\n")
    }

    /// A text of some lines, such as a table of algorithms: those behind the first are indented, so that none looks like
    /// one of ours.
    private static func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.printable() }.joined(separator: "\n    ")
    }
}
