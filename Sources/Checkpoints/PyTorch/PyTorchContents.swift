import Archives

/// What a file of PyTorch's holds: where each tensor lies, and in which byte order.
struct PyTorchContents {
    let stateDictionary: StateDictionary
    let tensors: [StoredTensor]
    /// Whether elements have their highest byte first.
    var isBigEndian = false

    /// The form since 2020: an archive with a pickle, and a part for each storage.
    init(archive reader: borrowing FileReader, checksums: PartChecksums) throws {
        let parts = try Self.parts(of: reader)
        let files = Dictionary(
            uniqueKeysWithValues: parts.filter { $0.packing == .stored }.map { ($0.name, $0.bytes) })
        guard !parts.contains(where: { $0.packing != .stored && $0.name.hasSuffix("/data.pkl") }) else {
            throw PickleProblem.damaged("it was compressed after torch.save wrote it")
        }
        let pickles = files.keys.filter { $0.hasSuffix("/data.pkl") && $0.split(separator: "/").count == 2 }
        guard let pickle = pickles.first, pickles.count == 1 else { throw ForeignPickle.archive(of: parts) }
        let folder = pickle.dropLast("data.pkl".count)
        guard files[folder + "constants.pkl"] == nil else {
            throw PickleProblem.unwelcome("it is a TorchScript program")
        }
        let range = files[pickle]!
        try Self.checkLength(range.count)
        if checksums == .verified { try Self.verify(parts, of: reader) }
        var machine = PickleMachine(try reader.bytes(at: range.lowerBound, count: range.count))
        let root = try machine.run()
        if let order = files[folder + "byteorder"] {
            isBigEndian = try reader.bytes(at: order.lowerBound, count: min(order.count, 3)) == Array("big".utf8)
        }
        stateDictionary = try StateDictionary(root, in: machine.objects, budget: range.count)
        tensors = try Self.tensors(stateDictionary, machine.objects, fileByteCount: reader.byteCount) { storage in
            files["\(folder)data/\(storage.key)"]
        }
    }

    private static func parts(of reader: borrowing FileReader) throws -> [ZipArchive.Part] {
        do {
            return try ZipArchive(byteCount: reader.byteCount) { try reader.bytes(at: $0, count: $1) }.parts
        } catch ZipArchive.Problem.twice(let name) {
            throw PickleProblem.damaged("it has its part \(quoted(name)) twice")
        } catch is ZipArchive.Problem {
            throw PickleProblem.damaged("its list of parts is damaged or cut short")
        }
    }

    /// The form before: pickles of a number, a version, the system, the object, and the storages' keys; then, for each
    /// key, the number of elements and the elements, lowest byte first.
    init(pickles reader: borrowing FileReader) throws {
        let limit = min(reader.byteCount, PickleMachine.maximumByteCount)
        var machine = PickleMachine(try reader.bytes(at: 0, count: limit))
        let first: PickleValue
        do {
            first = try machine.run()
        } catch {
            throw try ForeignPickle.explained(error, of: reader)
        }
        guard case .longInteger(Self.magic) = first else {
            throw PickleProblem.unwelcome("it is a pickle that torch.save did not write")
        }
        guard case .integer(1001) = try machine.run() else {
            throw PickleProblem.damaged("it is of a version of PyTorch's form that is unknown")
        }
        _ = try machine.run()
        let root = try machine.run()
        let length = machine.position
        let keys = try machine.run()
        var position = machine.position
        stateDictionary = try StateDictionary(root, in: machine.objects, budget: length)
        var types: [String: StoredElementType] = [:]
        for storage in machine.objects.storages { types[storage.key] = storage.elementType }
        var files: [String: Range<Int>] = [:]
        guard case .sequence(let list) = keys else { throw Self.unknownStorages }
        for key in machine.objects.sequences[list] {
            guard case .text(let key) = key, let type = types[key], position <= reader.byteCount - 8 else {
                throw Self.unknownStorages
            }
            var cursor = PickleCursor(try reader.bytes(at: position, count: 8))
            let count = try cursor.length(8)
            position += 8
            guard count <= (reader.byteCount - position) / type.byteCount else {
                throw PickleProblem.damaged("its storage \(quoted(key)) is cut short")
            }
            guard files.updateValue(position..<position + count * type.byteCount, forKey: key) == nil else {
                throw Self.unknownStorages
            }
            position += count * type.byteCount
        }
        tensors = try Self.tensors(stateDictionary, machine.objects, fileByteCount: reader.byteCount) { files[$0.key] }
    }

    /// 0x1950A86A20F9469CFC6C, with which the older form begins.
    private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    private static let unknownStorages = PickleProblem.damaged("its list of storages is damaged or cut short")

    private static func checkLength(_ byteCount: Int) throws(PickleProblem) {
        guard byteCount <= PickleMachine.maximumByteCount else {
            throw .unwelcome("its list of tensors has \(byteCount) bytes, more than any network's")
        }
    }

    /// How often the bytes of a file may be read for all its tensors. Honest files share: tied weights, and a layer that
    /// a network uses in every block, stand there once and have many names. But a few bytes are enough for one more view
    /// of everything, and whoever reads all tensors would read the whole file for each.
    private static let maximumSharing = 32
    /// What may be read for the tensors of any file, however small: it takes no time.
    private static let harmlessByteCount = 1 << 26

    /// Puts every tensor of the state dictionary into the file, and proves that it is inside: its span, and as many
    /// elements as it has, since views that repeat elements take more memory than their span.
    private static func tensors(
        _ names: StateDictionary, _ objects: PickleObjects, fileByteCount: Int, bytes: (PickledStorage) -> Range<Int>?
    ) throws(PickleProblem) -> [StoredTensor] {
        // A sparse file may claim nearly all bytes that an Int can count.
        let limit = max(harmlessByteCount, min(fileByteCount, Int.max / maximumSharing) * maximumSharing)
        var room = limit
        var tensors: [StoredTensor] = []
        tensors.reserveCapacity(names.tensors.count)
        for (name, index) in names.tensors {
            let tensor = objects.tensors[index]
            let storage = objects.storages[tensor.storage]
            guard let range = bytes(storage) else {
                throw .damaged("the elements of tensor \(quoted(name)) are not in it")
            }
            let size = tensor.elementType.byteCount
            let count = tensor.shape.reduce(1, *)
            let (start, overflow) = storage.offset.multipliedReportingOverflow(by: storage.elementType.byteCount)
            guard !overflow, start <= range.count,
                max(tensor.span.upperBound, count) <= (range.count - start) / size
            else {
                throw .damaged(
                    "tensor \(quoted(name)) of shape \(tensor.shape) needs more than the \(range.count) bytes that "
                        + "its storage has")
            }
            // Scattered elements are read with all that lies between them.
            room -= max(tensor.span.count, count) * size
            guard room >= 0 else {
                throw PickleProblem(
                    problem: "its tensors are views of one another that take more than \(limit) bytes together, out of "
                        + "the \(fileByteCount) of the file",
                    remedy: "save a copy of each: "
                        + "torch.save({name: tensor.clone() for name, tensor in state_dict.items()}, path)")
            }
            let first = range.lowerBound + start
            tensors.append(
                StoredTensor(
                    name: name, elementType: tensor.elementType, shape: tensor.shape,
                    byteRange: first + tensor.span.lowerBound * size..<first + tensor.span.upperBound * size,
                    strides: tensor.strides))
        }
        return tensors
    }
}
