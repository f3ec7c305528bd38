/// Some tensors of a file under other names.
package final class RenamedTensors: TensorFile {
    private let file: any TensorFile
    package let tensors: [StoredTensor]
    /// By the name here: a tensor's place in `tensors`, and the tensor as the file has it.
    private let places: [String: (index: Int, inFile: StoredTensor)]

    package var path: String { file.path }

    /// - Parameter names: what each tensor is called here, no two alike, and in the file, which has it.
    package init(_ file: any TensorFile, names: [(here: String, inFile: String)]) {
        self.file = file
        var tensors: [StoredTensor] = []
        var places: [String: (index: Int, inFile: StoredTensor)] = [:]
        for (here, inFile) in names {
            guard let source = file.tensor(inFile) else { preconditionFailure("\(file.path) has no \(inFile)") }
            precondition(places[here] == nil, "two tensors have the same name")
            places[here] = (tensors.count, source)
            tensors.append(
                StoredTensor(
                    name: here, elementType: source.elementType, shape: source.shape, byteRange: source.byteRange,
                    strides: source.strides))
        }
        self.tensors = tensors
        self.places = places
    }

    package func tensor(_ name: String) -> StoredTensor? { places[name].map { tensors[$0.index] } }

    package func read(
        _ elements: Range<Int>, of tensor: StoredTensor, into destination: UnsafeMutableRawBufferPointer
    ) throws {
        try file.read(elements, of: places[tensor.name]!.inFile, into: destination)
    }
}
