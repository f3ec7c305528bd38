/// A safetensors file, open for reading.
///
/// Opening proves that the header is sound and fits the file's size, so that reading can only fail when the disk does
/// or when the caller expected something else. Values are read straight into the caller's memory, from any thread.
/// Errors: `FileSystemError` where the system refuses, `InvalidFileError` where the content is wrong.
package final class SafetensorsFile: Sendable {
    package let path: String
    /// The texts under `__metadata__`.
    package let metadata: [String: String]
    /// In the order of their data.
    package let tensors: [StoredTensor]

    let reader: FileReader
    private let places: [String: Int]
    private let dataStart: Int

    /// Opens the file at `path` and checks its header; no tensor is read.
    package init(path: String) throws {
        let reader = try FileReader(path: path)
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

    /// The tensor `name`, which must be there.
    func existing(_ name: String) throws -> StoredTensor {
        guard let tensor = tensor(name) else {
            throw InvalidFileError(
                path: path, place: "tensor \(quoted(name))", problem: "the file has no such tensor",
                remedy: "use a file of the same backbone, method and tasks")
        }
        return tensor
    }

    /// Where the bytes of `tensor` begin in the file.
    func start(of tensor: StoredTensor) -> Int {
        dataStart + tensor.byteRange.lowerBound
    }
}
