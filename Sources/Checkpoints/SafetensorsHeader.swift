/// What stands before the values in a safetensors file: eight bytes with the length of a JSON object, and the object.
///
///     {"__metadata__":{KEY:TEXT,…}, NAME:{"dtype":TYPE,"shape":[…],"data_offsets":[BEGIN,END]},…}
///
/// Offsets count from the end of the header; together the tensors cover all that follows, without gap or overlap.
/// The format: https://github.com/huggingface/safetensors#format
struct SafetensorsHeader: Equatable {
    static let metadataKey = "__metadata__"
    static let lengthByteCount = 8
    /// The official limit of the JSON object, in bytes.
    static let maximumByteCount = 100_000_000
    /// Ours: no tensor has more, and a short header can then not ask for much memory.
    static let maximumDimensions = 16

    var metadata: [String: String] = [:]
    /// In the order of their data.
    var tensors: [StoredTensor] = []

    /// Lays out tensors in the official writer's order: by element type (wide first), then by the bytes of the name.
    /// Names must differ.
    init(metadata: [String: String], layingOut entries: [TensorEntry]) {
        self.metadata = metadata
        var end = 0
        for entry in SafetensorsHeader.inOrder(entries) {
            let range = end..<end + entry.byteCount
            tensors.append(
                StoredTensor(
                    name: entry.name, elementType: entry.elementType, shape: entry.shape, byteRange: range))
            end = range.upperBound
        }
        precondition(Set(tensors.map(\.name)).count == tensors.count, "two tensors have the same name")
    }

    static func inOrder(_ entries: [TensorEntry]) -> [TensorEntry] {
        entries.sorted { first, second in
            first.elementType == second.elementType
                ? first.name.utf8.lexicographicallyPrecedes(second.name.utf8)
                : first.elementType.writingOrder < second.elementType.writingOrder
        }
    }

    /// The header as the official writer writes it, length included, padded with spaces to a multiple of eight bytes.
    /// Metadata are sorted by the bytes of their keys, so equal content gives equal bytes.
    func encoded() -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { "\(SafetensorsHeader.literal($0.key)):\(SafetensorsHeader.literal($0.value))" }
            members.append("\"\(SafetensorsHeader.metadataKey)\":{\(texts.joined(separator: ","))}")
        }
        for tensor in tensors {
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(SafetensorsHeader.literal(tensor.name)):{\"dtype\":\"\(tensor.elementType.rawValue)\","
                    + "\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(tensor.byteRange.lowerBound),\(tensor.byteRange.upperBound)]}")
        }
        var object = Array("{\(members.joined(separator: ","))}".utf8)
        object += Array(repeating: UInt8(ascii: " "), count: -object.count & 7)
        precondition(object.count <= SafetensorsHeader.maximumByteCount, "a safetensors header has at most 100 MB")
        return withUnsafeBytes(of: UInt64(object.count).littleEndian) { Array($0) } + object
    }

    /// `text` as a JSON string, escaping only what must be (RFC 8259 §7).
    private static func literal(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{00}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
