import Archives

/// A file that `torch.save` wrote, open for reading: the archive since 2020, or the older chain of pickles.
///
/// No code of the file is run, whatever it asks for: see `PickleMachine`. Opening proves that all tensors lie inside of
/// the file, and that its parts are those that were written; no size that it claims is allocated before that. Values are
/// read straight into the caller's memory.
/// Errors: `FileSystemError` where the system refuses, `InvalidFileError` where the content is wrong.
package final class PyTorchFile: TensorFile {
    package let path: String
    /// In the order of the state dictionary.
    package let tensors: [StoredTensor]
    /// The names of what is no tensor, and of what lies beside the state dictionary.
    package let others: [String]
    /// Which of several networks `tensors` are; nil where the file has one.
    package let networks: NetworkChoice?

    private let reader: FileReader
    private let places: [String: Int]
    private let isBigEndian: Bool

    /// Opens the file at `path`, all bytes of which are read where checksums are verified.
    package convenience init(path: String, checksums: PartChecksums = .verified) throws {
        try self.init(FileReader(path: path), checksums: checksums)
    }

    /// Uses the bytes of a file; `path` is for messages.
    package convenience init(_ bytes: [UInt8], path: String, checksums: PartChecksums = .verified) throws {
        try self.init(FileReader(bytes: bytes, path: path), checksums: checksums)
    }

    init(_ reader: consuming FileReader, checksums: PartChecksums) throws {
        let path = reader.path
        do {
            let contents = try Self.contents(reader, checksums: checksums)
            tensors = contents.tensors
            others = contents.stateDictionary.others
            networks = contents.stateDictionary.networks
            isBigEndian = contents.isBigEndian
        } catch let error as PickleProblem {
            throw InvalidFileError(path: path, problem: error.problem, remedy: error.remedy)
        }
        self.path = path
        places = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
        self.reader = reader
    }

    private static func contents(
        _ reader: borrowing FileReader, checksums: PartChecksums
    ) throws -> PyTorchContents {
        let start = try reader.bytes(at: 0, count: min(reader.byteCount, 512))
        if start.starts(with: ZipArchive.signature) {
            return try PyTorchContents(archive: reader, checksums: checksums)
        }
        if start.first == PickleMachine.firstByte { return try PyTorchContents(pickles: reader) }
        // tar, which torch.save wrote before version 0.1.10.
        if start.dropFirst(257).starts(with: Array("ustar".utf8)) {
            throw PickleProblem.unwelcome("it is a tar archive, the form of PyTorch before 2017")
        }
        throw PickleProblem.unwelcome("it is not a file that torch.save wrote")
    }

    package func tensor(_ name: String) -> StoredTensor? {
        places[name].map { tensors[$0] }
    }

    package func read(
        _ elements: Range<Int>, of tensor: StoredTensor, into destination: UnsafeMutableRawBufferPointer
    ) throws {
        let size = tensor.elementType.byteCount
        if let strides = tensor.strides {
            try gather(elements, of: tensor, strides, into: destination)
        } else {
            try reader.read(into: destination, at: tensor.byteRange.lowerBound + elements.lowerBound * size)
        }
        guard isBigEndian && size > 1 else { return }
        let unit = tensor.elementType == .complex64 ? size / 2 : size
        for start in stride(from: 0, to: destination.count, by: unit) { destination[start..<start + unit].reverse() }
    }

    /// Reads all bytes between a tensor's first element and its last, and picks its elements in row-major order.
    private func gather(
        _ elements: Range<Int>, of tensor: StoredTensor, _ strides: [Int],
        into destination: UnsafeMutableRawBufferPointer
    ) throws {
        let size = tensor.elementType.byteCount
        let span = UnsafeMutableRawBufferPointer.allocate(byteCount: tensor.byteRange.count, alignment: 64)
        defer { span.deallocate() }
        try reader.read(into: span, at: tensor.byteRange.lowerBound)
        for (place, element) in elements.enumerated() {
            var rest = element
            var offset = 0
            for (dimension, stride) in zip(tensor.shape, strides).reversed() {
                offset += rest % dimension * stride
                rest /= dimension
            }
            for byte in 0..<size { destination[place * size + byte] = span[offset * size + byte] }
        }
    }
}
