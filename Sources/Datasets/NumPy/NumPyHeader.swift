/// What a `.npy` file says of its array: a Python dictionary between magic bytes and data.
struct NumPyHeader {
    /// NumPy's text for the elements, such as `<f4`.
    private(set) var type = ""
    private(set) var isFortranOrder = false
    private(set) var shape: [Int] = []
    let dataOffset: Int

    struct Problem: Error {
        let problem: String
        let remedy: String

        static func damaged(_ problem: String) -> Problem {
            Problem(problem: problem, remedy: "write or fetch the file again")
        }
    }

    /// No array of real numbers needs more.
    private static let byteLimit = 1 << 16

    /// How many elements the shape makes; nil where that is no number.
    var count: Int? {
        var product = 1
        for size in shape {
            let (next, overflows) = product.multipliedReportingOverflow(by: size)
            guard !overflows else { return nil }
            product = next
        }
        return product
    }

    init(_ bytes: [UInt8]) throws(Problem) {
        guard bytes.count >= 10, bytes.starts(with: NumPyArray.signature) else {
            let error = DataFileError(
                path: "", "it is not a .npy file", of: bytes,
                remedy: "save the array with numpy.save, or take it off the list")
            throw Problem(problem: error.problem, remedy: error.remedy)
        }
        // Version 1 has two bytes for the header's length, the later ones four.
        let lengthBytes = bytes[6] == 1 ? 2 : 4
        guard (1...3).contains(bytes[6]), bytes.count >= 8 + lengthBytes else {
            throw .damaged("it is a .npy file of an unknown version or cut short")
        }
        let length = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        dataOffset = 8 + lengthBytes + length
        guard length <= Self.byteLimit, dataOffset <= bytes.count else { throw .damaged("its header is cut short") }
        var scanner = PythonScanner(text: bytes[(8 + lengthBytes)..<dataOffset])
        try read(&scanner)
    }

    private mutating func read(_ scanner: inout PythonScanner) throws(Problem) {
        var missing: Set = ["descr", "fortran_order", "shape"]
        guard scanner.skip("{") else { throw .damaged("its header is no dictionary") }
        while !scanner.skip("}") {
            guard let key = scanner.string(), missing.remove(key) != nil, scanner.skip(":") else {
                throw .damaged("its header has a key that does not belong there")
            }
            switch key {
            case "descr":
                guard let text = scanner.string() else {
                    throw Problem(
                        problem: "its elements are records, which are not read",
                        remedy: "save an array of numbers, such as float32 or uint8")
                }
                type = String(text.prefix(16))
            case "fortran_order":
                guard let flag = scanner.boolean() else { throw .damaged("its header does not tell the order") }
                isFortranOrder = flag
            default:
                guard let sizes = scanner.tuple(), sizes.count <= 32 else {
                    throw .damaged("its header has no shape")
                }
                shape = sizes
            }
            guard scanner.skip(",") || scanner.isAt("}") else { throw .damaged("its header is no dictionary") }
        }
        guard missing.isEmpty else { throw .damaged("its header lacks \(missing.sorted().joined(separator: ", "))") }
    }
}

/// The few Python literals that a header is made of.
private struct PythonScanner {
    private var text: ArraySlice<UInt8>

    init(text: ArraySlice<UInt8>) {
        self.text = text
    }

    mutating func isAt(_ character: Unicode.Scalar) -> Bool {
        text = text.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        return text.first == UInt8(ascii: character)
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard isAt(character) else { return false }
        text.removeFirst()
        return true
    }

    /// 'text' or "text", of printable ASCII.
    mutating func string() -> String? {
        guard isAt("'") || isAt("\"") else { return nil }
        let quote = text.removeFirst()
        guard let end = text.firstIndex(of: quote), text[..<end].allSatisfy({ (32..<127).contains($0) }) else {
            return nil
        }
        defer { text = text[(end + 1)...] }
        return String(decoding: text[..<end], as: UTF8.self)
    }

    mutating func boolean() -> Bool? {
        for (word, value) in [("True", true), ("False", false)] where isAt(word.unicodeScalars.first!) {
            guard text.starts(with: word.utf8) else { return nil }
            text.removeFirst(word.utf8.count)
            return value
        }
        return nil
    }

    /// Whole numbers, 0 or greater.
    mutating func tuple() -> [Int]? {
        guard skip("(") else { return nil }
        var numbers: [Int] = []
        while !skip(")") {
            let digits = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
            numbers.append(number)
            text.removeFirst(digits.count)
            // Python 2 wrote long numbers as 61L.
            _ = skip("L")
            guard skip(",") || isAt(")") else { return nil }
        }
        return numbers
    }
}
