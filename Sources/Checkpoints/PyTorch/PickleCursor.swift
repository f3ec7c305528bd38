/// Takes numbers and texts from a pickle's bytes, one after the other.
struct PickleCursor {
    private let bytes: [UInt8]
    private(set) var position: Int

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var remaining: Int { bytes.count - position }

    mutating func byte() throws(PickleProblem) -> UInt8 {
        guard position < bytes.count else { throw Self.cutShort }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func take(_ count: Int) throws(PickleProblem) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw Self.cutShort }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// A number of `count` bytes, at most eight, without a sign.
    mutating func unsigned(_ count: Int) throws(PickleProblem) -> UInt64 {
        try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A count of what follows, which `take` compares with what there is.
    mutating func length(_ count: Int) throws(PickleProblem) -> Int {
        guard let length = Int(exactly: try unsigned(count)) else { throw Self.cutShort }
        return length
    }

    mutating func text(_ count: Int) throws(PickleProblem) -> String {
        guard let text = String(validating: try take(count), as: UTF8.self) else {
            throw .damaged("a text in it is not UTF-8")
        }
        return text
    }

    /// The text up to the end of the line, which is passed over.
    mutating func line() throws(PickleProblem) -> String {
        guard let end = bytes[position...].firstIndex(of: 0x0A) else { throw Self.cutShort }
        let text = try text(end - position)
        position += 1
        return text
    }

    private static let cutShort = PickleProblem.damaged("its list of tensors is cut short")
}
