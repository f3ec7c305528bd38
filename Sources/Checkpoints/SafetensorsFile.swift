/// A safetensors file, open for reading.
///
/// Opening proves that the header is sound and fits the file's size, so that reading can only fail when the disk does
/// or when the caller expected something else. Values are read straight into the caller's memory, from any thread.
/// Errors: `FileSystemError` where the system refuses, `InvalidFileError` where the content is wrong.
package final class SafetensorsFile: TensorFile {
    package let path: String
    /// The texts under `__metadata__`.
    package let metadata: [String: String]
    /// In the order of their data.
    package let tensors: [StoredTensor]

    let reader: FileReader
    private let places: [String: Int]
    private let dataStart: Int

    /// Opens the file at `path` and checks its header; no tensor is read.
    package convenience init(path: String) throws {
        try self.init(FileReader(path: path))
    }

    /// Uses the bytes of a file; `path` is for messages.
    package convenience init(_ bytes: [UInt8], path: String) throws {
        try self.init(FileReader(bytes: bytes, path: path))
    }

    init(_ reader: consuming FileReader) throws {
        let path = reader.path
        let object = try SafetensorsFile.headerObject(reader)
        let dataStart = SafetensorsHeader.lengthByteCount + object.count
        do throws(SafetensorsHeader.Flaw) {
            let header = try SafetensorsHeader(parsing: object, dataByteCount: reader.byteCount - dataStart)
            metadata = header.metadata
            tensors = header.tensors
        } catch {
            throw InvalidFileError(
                path: path, place: error.tensor.map { "tensor \(quoted($0))" }, problem: error.problem,
                remedy: "copy the file again, or write it again with the program that made it")
        }
        self.path = path
        self.dataStart = dataStart
        places = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
        self.reader = reader
    }

    private static func headerObject(_ reader: borrowing FileReader) throws -> [UInt8] {
        let available = reader.byteCount - SafetensorsHeader.lengthByteCount
        guard available >= 0 else {
            throw InvalidFileError(
                path: reader.path, problem: "it has \(reader.byteCount) bytes, too few for a safetensors file",
                remedy: "copy the file again, it is truncated or no safetensors file")
        }
        var length: UInt64 = 0
        try withUnsafeMutableBytes(of: &length) { try reader.read(into: $0, at: 0) }
        guard length <= UInt64(SafetensorsHeader.maximumByteCount), length <= UInt64(available) else {
            if let content = try TensorFiles.content(of: reader), content != .safetensors {
                throw InvalidFileError(ofOther: content, path: reader.path)
            }
            let limit = min(available, SafetensorsHeader.maximumByteCount)
            throw InvalidFileError(
                path: reader.path,
                problem: "its header claims \(length) bytes, but at most \(limit) are possible in a file of this size",
                remedy: "copy the file again, it is truncated or no safetensors file")
        }
        return try [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
            try reader.read(into: UnsafeMutableRawBufferPointer(buffer), at: SafetensorsHeader.lengthByteCount)
            count = buffer.count
        }
    }

    /// The tensor `name`, or nil where the file has none.
    package func tensor(_ name: String) -> StoredTensor? {
        places[name].map { tensors[$0] }
    }

    package func read(
        _ elements: Range<Int>, of tensor: StoredTensor, into destination: UnsafeMutableRawBufferPointer
    ) throws {
        let offset = elements.lowerBound * tensor.elementType.byteCount
        try reader.read(into: destination, at: dataStart + tensor.byteRange.lowerBound + offset)
    }
}

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
