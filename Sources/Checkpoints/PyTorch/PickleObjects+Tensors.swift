extension PickleObjects {
    /// What calling `name` with `arguments` gives.
    mutating func made(by name: PickleName, of arguments: [PickleValue]) throws(PickleProblem) -> PickleValue {
        switch name {
        case .orderedDictionary: return try orderedDictionary(arguments)
        case .size:
            guard arguments.count == 1, case .sequence = arguments[0] else { throw Self.malformed }
            return arguments[0]
        case .device: return .inert
        case .rebuildParameter:
            guard case .tensor = arguments.first else { throw Self.malformed }
            return arguments[0]
        case .rebuildTensor(let form):
            tensors.append(try tensor(arguments, form))
            return .tensor(tensors.count - 1)
        case .storage, .elementType:
            throw .unwelcome("it makes a storage without saying where its elements are")
        }
    }

    private static let malformed = PickleProblem.damaged("a tensor in it is not described as PyTorch does")

    /// Python 3 makes an empty one; Python 2 gives a list of pairs, which nothing else holds then.
    private mutating func orderedDictionary(_ arguments: [PickleValue]) throws(PickleProblem) -> PickleValue {
        guard let first = arguments.first else { return dictionary() }
        guard arguments.count == 1, case .sequence(let list) = first else { throw Self.malformed }
        // Taken out of the list: a list that is used again and again is not copied as often.
        let items = sequences[list]
        sequences[list] = []
        var pairs: [(key: PickleValue, value: PickleValue)] = []
        for item in items {
            guard case .sequence(let pair) = item, sequences[pair].count == 2 else { throw Self.malformed }
            pairs.append((sequences[pair][0], sequences[pair][1]))
        }
        return dictionary(pairs)
    }

    /// The storage that a persistent identifier stands for: "storage", its type, its key, a device, its elements, and
    /// in the older form a view of it.
    mutating func storage(_ identifier: [PickleValue]) throws(PickleProblem) -> PickleValue {
        guard case .text(let kind) = identifier.first else { throw Self.malformed }
        guard kind == "storage" else { throw .unwelcome("it holds a whole \(quoted(kind)) and not only tensors") }
        guard (5...6).contains(identifier.count), case .name(.storage(let type)) = identifier[1],
            case .text(let key) = identifier[2], case .integer(let count) = identifier[4], count >= 0
        else { throw Self.malformed }
        var storage = PickledStorage(key: key, elementType: type, count: count, offset: 0)
        if identifier.count == 6, case .sequence(let index) = identifier[5] {
            let view = sequences[index]
            guard view.count == 3, case .integer(let offset) = view[1], case .integer(let size) = view[2],
                (0...count).contains(offset), (0...count - offset).contains(size)
            else { throw Self.malformed }
            storage = PickledStorage(key: key, elementType: type, count: size, offset: offset)
        }
        storages.append(storage)
        return .storage(storages.count - 1)
    }

    private func tensor(_ arguments: [PickleValue], _ form: PickledTensorForm) throws(PickleProblem) -> PickledTensor {
        guard arguments.count >= 4, case .storage(let index) = arguments[0], case .integer(let offset) = arguments[1],
            let shape = integers(arguments[2]), let strides = integers(arguments[3]), shape.count == strides.count,
            offset >= 0
        else { throw Self.malformed }
        let storage = storages[index]
        var type = storage.elementType
        var available = storage.count
        if form == .untyped {
            guard arguments.count >= 7, case .name(.elementType(let own)) = arguments[6] else { throw Self.malformed }
            type = own
            available /= own.byteCount
        }
        guard let byteCount = StoredTensor.byteCount(of: shape, type) else {
            throw .damaged("a tensor of shape \(shape) has more elements than memory can hold")
        }
        let count = byteCount / type.byteCount
        guard count > 0 else {
            return PickledTensor(storage: index, elementType: type, shape: shape, span: 0..<0, strides: nil)
        }
        var last = offset
        for (size, stride) in zip(shape, strides) {
            let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, carry) = last.addingReportingOverflow(reach)
            guard stride >= 0, !overflow, !carry else { throw Self.malformed }
            last = sum
        }
        guard last < available else {
            throw .damaged("a tensor of shape \(shape) has more elements than the \(available) of its storage")
        }
        // Inside of its storage and yet larger: every copy of such a view takes memory that the file never had.
        guard count <= available else {
            throw PickleProblem(
                problem: "a tensor of shape \(shape) is a view that repeats the \(available) elements of its storage, "
                    + "as expand makes it",
                remedy: "save a copy of it: tensor.contiguous() before torch.save")
        }
        return PickledTensor(
            storage: index, elementType: type, shape: shape, span: offset..<last + 1,
            strides: isRowMajor(shape, strides) ? nil : strides)
    }

    /// A shape's or strides' numbers.
    private func integers(_ value: PickleValue) -> [Int]? {
        guard case .sequence(let index) = value, sequences[index].count <= SafetensorsHeader.maximumDimensions else {
            return nil
        }
        var numbers: [Int] = []
        for item in sequences[index] {
            guard case .integer(let number) = item else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    /// Whether elements stand one after the other; the stride of a dimension of one element does not matter.
    private func isRowMajor(_ shape: [Int], _ strides: [Int]) -> Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() {
            guard size == 1 || stride == expected else { return false }
            expected *= size
        }
        return true
    }
}
