extension SafetensorsHeader {
    /// What is wrong with a header, and at which tensor; the file's path is added by its reader.
    struct Flaw: Error {
        var tensor: String?
        var problem: String
    }

    /// Reads the JSON object of a header and proves that its tensors cover the `dataByteCount` bytes behind it.
    ///
    /// The official rules, and stricter: no duplicate or missing key, no dimension or offset that is not a plain whole
    /// number. Types and fields that are not known are kept by their names, for whoever lists the tensors. Memory grows with `object.count` only; nothing that the header claims is allocated.
    init(parsing object: [UInt8], dataByteCount: Int) throws(Flaw) {
        guard object.first == UInt8(ascii: "{") else { throw Flaw(problem: "its header does not begin with '{'") }
        do {
            var scanner = JSONScanner(object)
            try self.init(scanning: &scanner)
        } catch let flaw as Flaw {
            throw flaw
        } catch let error as JSONScanner.SyntaxError {
            throw Flaw(problem: "its header is not valid at byte \(error.position): \(error.problem)")
        } catch {
            preconditionFailure("unexpected error \(error)")
        }
        try proveCoverage(of: dataByteCount)
    }

    private init(scanning scanner: inout JSONScanner) throws {
        var names: Set<String> = []
        var metadata: [String: String]?
        var tensors: [StoredTensor] = []
        try scanner.object { scanner, key in
            if key == SafetensorsHeader.metadataKey {
                guard metadata == nil else { throw Flaw(problem: "its header has '\(key)' twice") }
                metadata = try SafetensorsHeader.metadata(&scanner)
            } else {
                guard names.insert(key).inserted else { throw Flaw(tensor: key, problem: "the header lists it twice") }
                tensors.append(try SafetensorsHeader.tensor(named: key, &scanner))
            }
        }
        try scanner.end()
        self.metadata = metadata ?? [:]
        self.tensors = tensors.sorted {
            ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
        }
    }

    private static func metadata(_ scanner: inout JSONScanner) throws -> [String: String] {
        var metadata: [String: String] = [:]
        try scanner.object { scanner, key in
            let text = try scanner.string()
            guard metadata.updateValue(text, forKey: key) == nil else {
                throw Flaw(problem: "its metadata have \(quoted(key)) twice")
            }
        }
        return metadata
    }

    private static func tensor(named name: String, _ scanner: inout JSONScanner) throws -> StoredTensor {
        var type: String?
        var shape: [Int]?
        var offsets: [Int]?
        var fields: [String] = []
        try scanner.object { scanner, key in
            let isRepeated: Bool
            switch key {
            case "dtype":
                isRepeated = type != nil
                type = try scanner.string()
            case "shape":
                isRepeated = shape != nil
                shape = try scanner.wholeNumbers(atMost: maximumDimensions)
            case "data_offsets":
                isRepeated = offsets != nil
                offsets = try scanner.wholeNumbers(atMost: 2)
            default:
                isRepeated = fields.contains(key)
                guard fields.count < maximumFields else { throw Flaw(tensor: name, problem: "it has too many fields") }
                fields.append(key)
                try scanner.skipValue()
            }
            if isRepeated { throw Flaw(tensor: name, problem: "the header gives its \(key.printableName) twice") }
        }
        guard let type, let shape, let offsets else {
            let missing = type == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
            throw Flaw(tensor: name, problem: "the header does not give its \(missing)")
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw Flaw(tensor: name, problem: "its data_offsets \(offsets) are not a begin and an end")
        }
        let known = StoredElementType(rawValue: type)
        // Of a type that is not known, an element is taken to have a byte: it may have fewer bits.
        guard let byteCount = StoredTensor.byteCount(of: shape, known ?? .uint8) else {
            throw Flaw(tensor: name, problem: "its shape \(shape) has more elements than memory can hold")
        }
        let span = offsets[1] - offsets[0]
        let needed =
            narrowTypes[type].map { byteCount / 8 * $0 + (byteCount % 8 * $0 + 7) / 8 }
            ?? (known == nil ? span : byteCount)
        guard needed == span else {
            throw Flaw(
                tensor: name,
                problem: "its shape \(shape) of \(type.printableName) takes \(needed) bytes, "
                    + "but its data_offsets \(offsets) span \(span)")
        }
        guard byteCount / 8 <= span else {
            throw Flaw(
                tensor: name,
                problem: "its shape \(shape) has more elements than the \(span) bytes of its data_offsets have bits")
        }
        return StoredTensor(
            name: name, elementType: known ?? .uint8, shape: shape, byteRange: offsets[0]..<offsets[1],
            foreignType: known == nil ? type : nil, foreignFields: fields)
    }

    /// The bits of one element of those types of the format that do not fill bytes.
    private static let narrowTypes = ["F4": 4, "F6_E2M3": 6, "F6_E3M2": 6]
    /// No writer has any; a file may not ask for a search in thousands.
    private static let maximumFields = 16

    private func proveCoverage(of dataByteCount: Int) throws(Flaw) {
        var end = 0
        for tensor in tensors {
            let range = tensor.byteRange
            guard range.lowerBound == end else {
                let problem = range.lowerBound < end ? "overlap those of another tensor" : "leave a gap before them"
                throw Flaw(
                    tensor: tensor.name, problem: "its bytes \(range.lowerBound) to \(range.upperBound) \(problem)")
            }
            guard range.upperBound <= dataByteCount else {
                throw Flaw(
                    tensor: tensor.name,
                    problem: "its data end at byte \(range.upperBound), but the file holds only \(dataByteCount) bytes "
                        + "of data (it is truncated or its header is wrong)")
            }
            end = range.upperBound
        }
        guard end == dataByteCount else {
            throw Flaw(problem: "it has \(dataByteCount - end) bytes of data that belong to no tensor")
        }
    }
}
