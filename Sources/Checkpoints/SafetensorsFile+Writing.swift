extension SafetensorsFile {
    /// Writes `tensors` and `metadata` as a safetensors file at `path`, atomically, and returns its SHA-256.
    ///
    /// The bytes are those of the official writer and depend on the content only, not on the order of `tensors`:
    /// tensors by element type (wide first) and name, metadata by key. Two tensors of one name are a programmer's error.
    /// Throws `FileSystemError`, or what a producing closure throws; then nothing is left behind.
    @discardableResult
    package static func write(
        to path: String, tensors: [TensorEntry], metadata: [String: String] = [:]
    ) throws -> String {
        try AtomicFile.write(to: path) { try $0.writeSafetensors(tensors, metadata: metadata) }
    }
}

extension FileWriter {
    /// Writes a whole safetensors file; see `SafetensorsFile.write`.
    package mutating func writeSafetensors(_ tensors: [TensorEntry], metadata: [String: String] = [:]) throws {
        try write(SafetensorsHeader(metadata: metadata, layingOut: tensors).encoded())
        let largest = tensors.map { if case .produced = $0.content { $0.byteCount } else { 0 } }.max() ?? 0
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: largest, alignment: 64)
        defer { scratch.deallocate() }
        for tensor in SafetensorsHeader.inOrder(tensors) {
            switch tensor.content {
            case .lent(let bytes): try write(bytes)
            case .owned(let bytes): try write(bytes)
            case .produced(let produce):
                let bytes = UnsafeMutableRawBufferPointer(rebasing: scratch[..<tensor.byteCount])
                try produce(bytes)
                try write(UnsafeRawBufferPointer(bytes))
            }
        }
    }
}
