import Archives

/// Opens files of tensors by what is in them, never by their names.
package enum TensorFiles {
    /// Opens a safetensors file, or a file that PyTorch wrote.
    ///
    /// - Throws: `FileSystemError`; `InvalidFileError`, which says what another file is.
    package static func open(_ path: String, checksums: PartChecksums = .verified) throws -> any TensorFile {
        try open(FileReader(path: path), checksums: checksums)
    }

    /// Uses the bytes of a file; `path` is for messages.
    package static func open(
        _ bytes: [UInt8], path: String, checksums: PartChecksums = .verified
    ) throws -> any TensorFile {
        try open(FileReader(bytes: bytes, path: path), checksums: checksums)
    }

    private static func open(_ reader: consuming FileReader, checksums: PartChecksums) throws -> any TensorFile {
        // A safetensors file has eight bytes of length and a brace; the two forms of PyTorch never have one there.
        let start = try reader.bytes(at: 0, count: min(reader.byteCount, SafetensorsHeader.lengthByteCount + 1))
        if start.last == UInt8(ascii: "{"), start.count > SafetensorsHeader.lengthByteCount {
            return try SafetensorsFile(reader)
        }
        if start.starts(with: ZipArchive.signature) || start.first == PickleMachine.firstByte {
            return try PyTorchFile(reader, checksums: checksums)
        }
        throw InvalidFileError(
            foreign: try content(of: reader), path: reader.path,
            problem: "it is neither a safetensors file nor one that PyTorch wrote")
    }

    /// What the file at `path` is by its first bytes, or the list of its parts; nil where they do not tell.
    package static func content(ofFile path: String) throws -> FileContent? {
        try content(of: FileReader(path: path))
    }

    static func content(of reader: borrowing FileReader) throws -> FileContent? {
        let start = try reader.bytes(at: 0, count: min(reader.byteCount, FileContent.startByteCount))
        let content = FileContent(start: start[...], byteCount: reader.byteCount)
        guard content == .zip else { return content }
        do {
            let archive = try ZipArchive(byteCount: reader.byteCount) { try reader.bytes(at: $0, count: $1) }
            return archive.parts.contains { $0.name.hasSuffix(".npy") } ? .npz : .zip
        } catch is ZipArchive.Problem {
            return .zip
        }
    }
}

extension InvalidFileError {
    /// Why a file of something else gives no weights, and what does.
    ///
    /// - Parameter problem: what to say where the content is not known.
    init(foreign content: FileContent?, path: String, problem: String) {
        let stateDictionary = "save the network's state dict with torch.save, or as safetensors"
        guard let content else {
            self.init(path: path, problem: problem, remedy: stateDictionary)
            return
        }
        let remedy: String =
            switch content {
            case .hdf5(.keras), .tensorFlowLite:
                "load its weights into the same network of PyTorch, whose names and layouts are others, and "
                    + stateDictionary
            case .onnx:
                "an exported graph has no names of layers; go back to the network that it was exported from, and "
                    + stateDictionary
            case .npy, .npz, .hdf5, .mat5, .mat4:
                "write its arrays under torchvision's names: safetensors.numpy.save_file({name: array, ...}, OTHER)"
            case .pickle: ForeignPickle.arrays.remedy
            default: content.fetching ?? "name the file with the network's weights"
            }
        self.init(path: path, problem: "it is \(content.name), and has no weights to read", remedy: remedy)
    }

    /// Why a file that was taken for safetensors is none.
    init(ofOther content: FileContent, path: String) {
        switch content {
        case .zip, .pickle:
            self.init(
                path: path, problem: "it is \(content.name), as torch.save writes, and not safetensors",
                remedy: "make a model of it with modulor initialize, and name that model's bank.safetensors")
        default: self.init(foreign: content, path: path, problem: "it is no safetensors file")
        }
    }
}
