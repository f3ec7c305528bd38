/// Some tensors of a file under other names.
package final class RenamedTensors: TensorFile {
    private let file: any TensorFile
    private let sources: [String: StoredTensor]
    package let tensors: [StoredTensor]

    package var path: String { file.path }

    /// - Parameter names: what each tensor is called here, and in the file, which has it.
    package init(_ file: any TensorFile, names: [(here: String, inFile: String)]) {
        self.file = file
        var sources: [String: StoredTensor] = [:]
        tensors = names.map { here, inFile in
            guard let source = file.tensor(inFile) else { preconditionFailure("\(file.path) has no \(inFile)") }
            sources[here] = source
            return StoredTensor(
                name: here, elementType: source.elementType, shape: source.shape, byteRange: source.byteRange,
                strides: source.strides)
        }
        self.sources = sources
    }

    package func tensor(_ name: String) -> StoredTensor? { tensors.first { $0.name == name } }

    package func read(
        _ elements: Range<Int>, of tensor: StoredTensor, into destination: UnsafeMutableRawBufferPointer
    ) throws {
        try file.read(elements, of: sources[tensor.name]!, into: destination)
    }
}
