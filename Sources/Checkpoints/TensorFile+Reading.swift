extension TensorFile {
    /// Reads tensor `name`, which must have `shape`, as float32 into `destination` (row-major, all of it).
    ///
    /// F32 arrives bit for bit; F16 and BF16 widen exactly; F64 rounds to nearest. Other types are refused, and so are
    /// values that no network computes with: see `checkValues`.
    package func read(_ name: String, shape: [Int], into destination: UnsafeMutableBufferPointer<Float>) throws {
        let tensor = try usable(name, shape: shape)
        precondition(destination.count == tensor.elementCount, "'\(name)' does not fill its destination")
        switch tensor.elementType {
        case .float32:
            try read(0..<tensor.elementCount, of: tensor, into: UnsafeMutableRawBufferPointer(destination))
        case .float16: try convert(tensor, to: destination) { (bits: UInt16) in Float(Float16(bitPattern: bits)) }
        case .bfloat16: try convert(tensor, to: destination) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
        case .float64: try convert(tensor, to: destination) { (value: Double) in Float(value) }
        default: throw wrongType(tensor, needed: "F32, F16, BF16 or F64")
        }
        try check(UnsafeBufferPointer(destination), of: tensor)
    }

    /// Proves that every tensor of fractions holds values that a network computes with: finite ones, and variances that
    /// are not negative. Whole numbers and flags, such as counts of batches, are no weights.
    package func checkValues() throws {
        for tensor in tensors where tensor.foreignType == nil {
            switch tensor.elementType {
            case .float32, .float16, .bfloat16, .float64: _ = try floats(tensor.name, shape: tensor.shape)
            default: break
            }
        }
    }

    private func check(_ values: UnsafeBufferPointer<Float>, of tensor: StoredTensor) throws {
        let isVariance = tensor.name.split(separator: ".").last == "running_var"
        func isWrong(_ value: Float) -> Bool { !value.isFinite || isVariance && value < 0 }
        guard let first = values.firstIndex(where: isWrong) else { return }
        let count = values.count(where: isWrong)
        var place: [Int] = []
        var rest = first
        for size in tensor.shape.reversed() {
            place.insert(rest % size, at: 0)
            rest /= size
        }
        let value = values[first]
        let what = value.isNaN ? "NaN" : value.isFinite ? "\(value), and a variance is never negative" : "infinite"
        let others = count == 1 ? "" : ", the first of \(count) such values"
        let isTooLarge = value.isInfinite && tensor.elementType == .float64
        throw InvalidFileError(
            path: path, place: "tensor \(quoted(nameInFile(of: tensor)))",
            problem: "its value at \(place) is \(isTooLarge ? "infinite or too large for float32" : what)\(others)",
            remedy: "take a file from before its training diverged, or copy or export it again")
    }

    /// Reads tensor `name`, which must have `shape`, as float32; conversions as above.
    package func floats(_ name: String, shape: [Int]) throws -> [Float] {
        let count = try expect(name, shape: shape).elementCount
        return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            try read(name, shape: shape, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            initialized = count
        }
    }

    /// Reads tensor `name`, which must have `shape` and exactly the type asked for, bit for bit.
    package func values<Element: StoredElement>(
        _ name: String, shape: [Int], of type: Element.Type = Element.self
    ) throws -> [Element] {
        let tensor = try usable(name, shape: shape)
        guard tensor.elementType == type.storedType else {
            throw wrongType(tensor, needed: type.storedType.rawValue)
        }
        return try [Element](unsafeUninitializedCapacity: tensor.elementCount) { buffer, initialized in
            let elements = UnsafeMutableBufferPointer(rebasing: buffer[..<tensor.elementCount])
            try read(0..<elements.count, of: tensor, into: UnsafeMutableRawBufferPointer(elements))
            initialized = elements.count
        }
    }

    /// The SHA-256 of a tensor's elements, row-major and little-endian, whatever the file's layout.
    package func hexadecimalDigest(of tensor: StoredTensor) throws -> String {
        var digest = SHA256()
        try forEachPiece(of: tensor) { digest.update($0) }
        return digest.hexadecimal
    }

    /// The same of all tensors, in the file's order. Names of one and the same view, such as those of tied weights, cost
    /// its reading once.
    package func hexadecimalDigests() throws -> [String] {
        var known: [StoredTensor.View: String] = [:]
        var digests: [String] = []
        for tensor in tensors {
            let digest = try known[tensor.view] ?? hexadecimalDigest(of: tensor)
            known[tensor.view] = digest
            digests.append(digest)
        }
        return digests
    }

    /// Each tensor that has bytes of the file in common with one that begins before it, and that one.
    package func sharedBytes() -> [String: String] {
        var shared: [String: String] = [:]
        var farthest: StoredTensor?
        let inPlace = tensors.filter { !$0.byteRange.isEmpty }.sorted { first, second in
            (first.byteRange.lowerBound, second.byteRange.upperBound, first.name)
                < (second.byteRange.lowerBound, first.byteRange.upperBound, second.name)
        }
        for tensor in inPlace {
            if let farthest, tensor.byteRange.lowerBound < farthest.byteRange.upperBound {
                shared[tensor.name] = farthest.name
                if tensor.byteRange.upperBound <= farthest.byteRange.upperBound { continue }
            }
            farthest = tensor
        }
        return shared
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

    /// The tensor `name`, which must be there and have `shape`. As its bytes are in the file, memory for it is no larger
    /// than what the file has.
    @discardableResult
    package func expect(_ name: String, shape: [Int]) throws -> StoredTensor {
        let tensor = try existing(name)
        guard tensor.shape == shape else {
            throw InvalidFileError(
                path: path, place: "tensor \(quoted(name))",
                problem: "it has shape \(tensor.shape), needed is \(shape)",
                remedy: "use a file of the same backbone, width, decoder and classes")
        }
        return tensor
    }

    /// The same, of a type and of fields that are known.
    private func usable(_ name: String, shape: [Int]) throws -> StoredTensor {
        let tensor = try expect(name, shape: shape)
        guard tensor.foreignType == nil else { throw wrongType(tensor, needed: "F32, F16, BF16 or F64") }
        guard let field = tensor.foreignFields.first else { return tensor }
        throw InvalidFileError(
            path: path, place: "tensor \(quoted(nameInFile(of: tensor)))",
            problem: "the header gives its \(quoted(field)), which may change what the values mean",
            remedy: "write the file again with safetensors, which knows no such field")
    }

    private func wrongType(_ tensor: StoredTensor, needed: String) -> InvalidFileError {
        InvalidFileError(
            path: path, place: "tensor \(quoted(nameInFile(of: tensor)))",
            problem: "it holds \(tensor.typeName.printableName), needed is \(needed)",
            remedy: "store it in that type")
    }

    private func convert<Source: BitwiseCopyable>(
        _ tensor: StoredTensor, to destination: UnsafeMutableBufferPointer<Float>, _ widen: (Source) -> Float
    ) throws {
        var next = 0
        try forEachPiece(of: tensor) { piece in
            for value in piece.bindMemory(to: Source.self) {
                destination[next] = widen(value)
                next += 1
            }
        }
    }

    /// Hands over whole elements in row-major order: 1 MiB at a time, or at once those that lie scattered.
    private func forEachPiece(of tensor: StoredTensor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let size = tensor.elementType.byteCount
        let count = tensor.byteCount / size
        let most = tensor.strides == nil ? min(count, (1 << 20) / size) : count
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: most * size, alignment: 64)
        defer { memory.deallocate() }
        var start = 0
        while start < count {
            let elements = start..<min(count, start + most)
            let piece = UnsafeMutableRawBufferPointer(rebasing: memory[..<(elements.count * size)])
            try read(elements, of: tensor, into: piece)
            try body(UnsafeRawBufferPointer(piece))
            start = elements.upperBound
        }
    }
}
