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
    /// What the file itself calls a tensor, for messages.
    func nameInFile(of tensor: StoredTensor) -> String
    /// Fills `destination` with the elements of `tensor` at the row-major places `elements`, as they are stored, in
    /// the byte order of this machine.
    func read(_ elements: Range<Int>, of tensor: StoredTensor, into destination: UnsafeMutableRawBufferPointer) throws
}

extension TensorFile {
    package var metadata: [String: String] { [:] }

    package func nameInFile(of tensor: StoredTensor) -> String { tensor.name }
}

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
                    strides: source.strides, foreignType: source.foreignType, foreignFields: source.foreignFields))
        }
        self.tensors = tensors
        self.places = places
    }

    package func tensor(_ name: String) -> StoredTensor? { places[name].map { tensors[$0.index] } }

    package func nameInFile(of tensor: StoredTensor) -> String { places[tensor.name]!.inFile.name }

    package func read(
        _ elements: Range<Int>, of tensor: StoredTensor, into destination: UnsafeMutableRawBufferPointer
    ) throws {
        try file.read(elements, of: places[tensor.name]!.inFile, into: destination)
    }
}

/// A tensor as a file lists it.
package struct StoredTensor: Sendable, Equatable {
    package let name: String
    package let elementType: StoredElementType
    /// Last dimension fastest; empty for a scalar. The product of the dimensions and the element's bytes is known to
    /// be an `Int`.
    package let shape: [Int]
    /// Where its elements lie, counted from where the file's data begin: all of these bytes are in the file.
    let byteRange: Range<Int>
    /// For each dimension the step to its next index, in elements; nil where elements stand row-major without gaps.
    var strides: [Int]?
    /// The type as the file has it, where it is none of `StoredElementType`; such a tensor is listed, and its elements are
    /// only known as bytes.
    var foreignType: String?
    /// What the file says of it beside type, shape and place; it may change what the elements mean.
    package var foreignFields: [String] = []

    /// Which elements a tensor has, and in which order: tensors of one file that agree in it have equal elements.
    struct View: Hashable {
        let typeName: String
        let shape: [Int]
        let byteRange: Range<Int>
        let strides: [Int]?
    }

    var view: View { View(typeName: typeName, shape: shape, byteRange: byteRange, strides: strides) }

    package var elementCount: Int { shape.reduce(1, *) }
    package var byteCount: Int { foreignType == nil ? elementCount * elementType.byteCount : byteRange.count }

    /// The type as safetensors files name it.
    package var typeName: String { foreignType ?? elementType.rawValue }

    /// The bytes of `shape`, or nil where no memory could hold them.
    static func byteCount(of shape: [Int], _ type: StoredElementType) -> Int? {
        var byteCount = type.byteCount
        for dimension in shape {
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflow else { return nil }
            byteCount = product
        }
        return byteCount
    }
}

/// The element types of the safetensors format that fill whole bytes and that files of PyTorch have too, in the order in which the official writer puts
/// tensors into a file: wide before narrow, so that every tensor is aligned to its own elements.
package enum StoredElementType: String, Sendable, CaseIterable {
    case uint64 = "U64"
    case int64 = "I64"
    case float64 = "F64"
    case complex64 = "C64"
    case float32 = "F32"
    case uint32 = "U32"
    case int32 = "I32"
    case bfloat16 = "BF16"
    case float16 = "F16"
    case uint16 = "U16"
    case int16 = "I16"
    case float8Exponent8 = "F8_E8M0"
    case float8Exponent4 = "F8_E4M3"
    case float8Exponent5 = "F8_E5M2"
    case int8 = "I8"
    case uint8 = "U8"
    case boolean = "BOOL"

    /// The bytes of one element.
    package var byteCount: Int {
        switch self {
        case .uint64, .int64, .float64, .complex64: 8
        case .float32, .uint32, .int32: 4
        case .bfloat16, .float16, .uint16, .int16: 2
        case .float8Exponent8, .float8Exponent4, .float8Exponent5, .int8, .uint8, .boolean: 1
        }
    }

    /// The place of this type in the order above.
    var writingOrder: Int {
        StoredElementType.allCases.firstIndex(of: self)!
    }
}

/// A Swift type whose values stand in a file exactly as in memory (the format and the machine are little-endian).
package protocol StoredElement: BitwiseCopyable {
    static var storedType: StoredElementType { get }
}

extension Float: StoredElement { package static var storedType: StoredElementType { .float32 } }
extension Double: StoredElement { package static var storedType: StoredElementType { .float64 } }
extension Int64: StoredElement { package static var storedType: StoredElementType { .int64 } }
extension Int32: StoredElement { package static var storedType: StoredElementType { .int32 } }
extension UInt8: StoredElement { package static var storedType: StoredElementType { .uint8 } }

#if _endian(big)
#error("Tensors are read and written as they stand in memory, which must be little-endian.")
#endif
