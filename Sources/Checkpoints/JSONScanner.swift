/// Reads the JSON that safetensors headers are made of: objects, strings, and arrays of whole numbers; other values are
/// passed over.
///
/// The reader of the header says what it expects next, so there is no tree and no recursion that an input could deepen,
/// and keys arrive in order, so that duplicates can be refused. Foundation's readers keep one of two equal keys.
struct JSONScanner {
    struct SyntaxError: Error {
        let position: Int
        let problem: String
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads an object; `member` is called after each key and must read its value.
    mutating func object(_ member: (inout JSONScanner, String) throws -> Void) throws {
        try expect("{")
        if take("}") { return }
        repeat {
            let key = try string()
            try expect(":")
            try member(&self, key)
        } while take(",")
        try expect("}")
    }

    /// Reads an array of at most `limit` numbers that are whole, not negative, and fit an `Int`.
    mutating func wholeNumbers(atMost limit: Int) throws -> [Int] {
        var numbers: [Int] = []
        try expect("[")
        if take("]") { return numbers }
        repeat {
            guard numbers.count < limit else { throw flaw("more than \(limit) numbers in a list") }
            numbers.append(try wholeNumber())
        } while take(",")
        try expect("]")
        return numbers
    }

    /// Reads a string.
    mutating func string() throws -> String {
        try expect("\"")
        var content: [UInt8] = []
        while let byte = next() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else { throw flaw("a string is not UTF-8") }
                return text
            case UInt8(ascii: "\\"): try content.append(contentsOf: escape().utf8)
            case 0..<0x20: throw flaw("a control character in a string")
            default: content.append(byte)
            }
        }
        throw flaw("a string does not end")
    }

    /// Passes over one value of any kind. Of what lies in brackets only their nesting is looked at, without recursion.
    mutating func skipValue() throws {
        var open: [UInt8] = []
        repeat {
            skipWhiteSpace()
            guard position < bytes.count else { throw flaw("a value does not end") }
            switch bytes[position] {
            case UInt8(ascii: "\""): _ = try string()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                open.append(bytes[position] + 2)
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard open.popLast() == bytes[position] else { throw flaw("brackets do not fit together") }
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard !open.isEmpty else { throw flaw("a value is missing") }
                position += 1
                // What follows belongs to the same brackets.
                continue
            default:
                let start = position
                while position < bytes.count, Self.isOfWord(bytes[position]) { position += 1 }
                guard position > start else { throw flaw("a value is missing") }
            }
        } while !open.isEmpty
    }

    /// Whether `byte` stands in numbers, true, false and null.
    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch UnicodeScalar(byte) {
        case "0"..."9", "a"..."z", "A"..."Z", "+", "-", ".": true
        default: false
        }
    }

    /// Makes sure that only white space is left.
    mutating func end() throws {
        skipWhiteSpace()
        guard position == bytes.count else { throw flaw("something follows the object") }
    }

    private mutating func wholeNumber() throws -> Int {
        skipWhiteSpace()
        let start = position
        var number = 0
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
            let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(Int(bytes[position] - 0x30))
            guard !overflow && !carry else { throw flaw("a number is too large") }
            number = sum
            position += 1
        }
        guard position > start else { throw flaw("a whole number is missing") }
        guard position == start + 1 || bytes[start] != 0x30 else { throw flaw("a number begins with 0") }
        return number
    }

    /// Reads what follows a backslash.
    private mutating func escape() throws -> String {
        guard let byte = next() else { throw flaw("a string does not end") }
        switch UnicodeScalar(byte) {
        case "\"", "\\", "/": return String(UnicodeScalar(byte))
        case "b": return "\u{08}"
        case "f": return "\u{0C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u":
            var units = [try codeUnit()]
            if UTF16.isLeadSurrogate(units[0]), next() == UInt8(ascii: "\\"), next() == UInt8(ascii: "u") {
                units.append(try codeUnit())
            }
            guard let text = String(validating: units, as: UTF16.self) else { throw flaw("half of a surrogate pair") }
            return text
        default: throw flaw("an unknown escape in a string")
        }
    }

    /// Reads four hexadecimal digits.
    private mutating func codeUnit() throws -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next(), let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw flaw("four hexadecimal digits are missing")
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    private mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func expect(_ character: UnicodeScalar) throws {
        guard take(character) else { throw flaw("'\(character)' is missing") }
    }

    private mutating func take(_ character: UnicodeScalar) -> Bool {
        skipWhiteSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipWhiteSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private func flaw(_ problem: String) -> SyntaxError {
        SyntaxError(position: position, problem: problem)
    }
}
