/// The names of Python that a file may use: those that stand for tensors, their parts, and containers. There is no
/// way from a name to code.
enum PickleName: Sendable, Equatable {
    case orderedDictionary
    case size
    case device
    case storage(StoredElementType)
    case elementType(StoredElementType)
    case rebuildTensor(PickledTensorForm)
    case rebuildParameter

    /// - Throws: `PickleProblem`, which names what was asked for.
    init(module: String, name: String) throws(PickleProblem) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("torch", "Size"): self = .size
        case ("torch", "device"): self = .device
        case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor(.typed)
        case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTensor(.untyped)
        case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"):
            self = .rebuildParameter
        case ("torch.storage", "UntypedStorage"), ("torch", "UntypedStorage"): self = .storage(.uint8)
        case ("torch._utils", "_rebuild_qtensor"):
            throw PickleProblem(
                problem: "it holds quantized tensors",
                remedy: "save the state dict of the network before it was quantized")
        case ("torch._utils", "_rebuild_sparse_tensor"):
            throw PickleProblem(
                problem: "it holds sparse tensors", remedy: "save what their to_dense() returns")
        case ("numpy", _), ("_codecs", "encode"):
            throw Self.arrays
        case _ where module.hasPrefix("numpy."):
            throw Self.arrays
        case ("torch", _):
            if let type = Self.storages[name] {
                self = .storage(type)
            } else if let type = Self.elementTypes[name] {
                self = .elementType(type)
            } else {
                fallthrough
            }
        default:
            throw .unwelcome("it asks for \(quotedName(module, name)), which is code and is never run")
        }
    }

    /// Arrays and numbers of NumPy: plain data, but made by code of its own. Protocol 2 writes their bytes as a text.
    static let arrays = PickleProblem(
        problem: "it holds arrays or numbers of NumPy beside its tensors, which code would have to make",
        remedy: "save tensors and plain numbers alone: torch.save(checkpoint['state_dict'], OTHER), or "
            + "torch.as_tensor(array) of each array")

    private static let storages: [String: StoredElementType] = [
        "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
        "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16, "CharStorage": .int8,
        "ByteStorage": .uint8, "BoolStorage": .boolean, "ComplexFloatStorage": .complex64,
    ]

    private static let elementTypes: [String: StoredElementType] = [
        "float64": .float64, "float32": .float32, "float16": .float16, "bfloat16": .bfloat16, "int64": .int64,
        "int32": .int32, "int16": .int16, "int8": .int8, "uint64": .uint64, "uint32": .uint32, "uint16": .uint16,
        "uint8": .uint8, "bool": .boolean, "complex64": .complex64, "float8_e4m3fn": .float8Exponent4,
        "float8_e5m2": .float8Exponent5, "float8_e8m0fnu": .float8Exponent8,
    ]
}

/// How the pieces of a tensor are told.
enum PickledTensorForm: Sendable {
    /// By a storage that has an element type.
    case typed
    /// By a storage of bytes, and an element type.
    case untyped
}

/// A name of Python for a message, without what would break its line.
private func quotedName(_ module: String, _ name: String) -> String {
    String(quoted("\(module).\(name)").dropFirst().dropLast())
}
