/// A file of named tensors, in whatever format. Opening it proved that every tensor lies inside of it, so that reading
/// can only fail when the disk does or when the caller expected something else.
package protocol TensorFile: AnyObject, Sendable {
    var path: String { get }
    /// Texts that stand beside the tensors, by their keys.
    var metadata: [String: String] { get }
    /// In the file's order.
    var tensors: [StoredTensor] { get }
    /// The tensor `name`, or nil where the file has none.
    func tensor(_ name: String) -> StoredTensor?
    /// Fills `destination` with the elements of `tensor` at the row-major places `elements`, as they are stored, in
    /// the byte order of this machine.
    func read(_ elements: Range<Int>, of tensor: StoredTensor, into destination: UnsafeMutableRawBufferPointer) throws
}

extension TensorFile {
    package var metadata: [String: String] { [:] }
}

/// Opens files of tensors by what is in them, never by their names.
package enum TensorFiles {
    /// Opens a safetensors file, or a file that PyTorch wrote.
    ///
    /// - Throws: `FileSystemError`; `InvalidFileError`.
    package static func open(_ path: String) throws -> any TensorFile {
        try open(FileReader(path: path))
    }

    /// Uses the bytes of a file; `path` is for messages.
    package static func open(_ bytes: [UInt8], path: String) throws -> any TensorFile {
        try open(FileReader(bytes: bytes, path: path))
    }

    private static func open(_ reader: consuming FileReader) throws -> any TensorFile {
        // A safetensors file has eight bytes of length and a brace; the two forms of PyTorch never have one there.
        let start = try reader.bytes(at: 0, count: min(reader.byteCount, SafetensorsHeader.lengthByteCount + 1))
        let isSafetensors = start.last == UInt8(ascii: "{")
        let isPyTorch = start.starts(with: ZipDirectory.signature) || start.first == PickleMachine.firstByte
        guard isSafetensors || isPyTorch else {
            throw InvalidFileError(
                path: reader.path, problem: "it is neither a safetensors file nor one that PyTorch wrote",
                remedy: "save the network's state dict with torch.save, or as safetensors")
        }
        return isSafetensors ? try SafetensorsFile(reader) : try PyTorchFile(reader)
    }
}
