/// Reads one matrix element, with all that it holds.
///
/// Work and memory are bounded by the element's bytes: every value within takes 8 of them at least, counts are compared
/// with what is left before anything is allocated for them, and depth is limited.
struct MATParser {
    private static let depthLimit = 32

    let file: MATBytes

    /// What every matrix begins with.
    struct Header {
        let classCode: UInt32
        let isLogical: Bool
        let isComplex: Bool
        let dimensions: [Int]
        let name: String
        /// Where the contents begin.
        let contents: Int

        /// What MATLAB calls the class.
        var className: String {
            let names = [
                1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse double", 6: "double", 7: "single", 8: "int8",
                9: "uint8", 10: "int16", 11: "uint16", 12: "int32", 13: "uint32", 14: "int64", 15: "uint64",
                16: "function_handle", 17: "object", 18: "object",
            ]
            let name = names[Int(classCode)] ?? "unknown"
            return (isComplex ? "complex " : "")
                + (isLogical ? (classCode == 5 ? "sparse logical" : "logical") : name)
        }

        /// How many elements the dimensions make; nil where that is no number.
        var count: Int? {
            var product = 1
            for dimension in dimensions {
                let (next, overflows) = product.multipliedReportingOverflow(by: dimension)
                guard !overflows else { return nil }
                product = next
            }
            return product
        }
    }

    func header(in range: Range<Int>) throws(MATProblem) -> Header {
        let flags = try file.element(at: range.lowerBound, before: range.upperBound)
        guard flags.type == MATNumberStorage.uint32.rawValue, flags.data.count >= 4 else {
            throw .damaged("an array does not begin with its flags")
        }
        let word = file.uint32(at: flags.data.lowerBound)
        // Opaque objects have no dimensions; what follows is of no use.
        guard word & 0xFF != 17 else {
            return Header(
                classCode: 17, isLogical: false, isComplex: false, dimensions: [0, 0], name: "",
                contents: range.upperBound)
        }
        let sizes = try file.element(at: flags.end, before: range.upperBound)
        guard sizes.type == MATNumberStorage.int32.rawValue, sizes.data.count % 4 == 0,
            (8...128).contains(sizes.data.count)
        else { throw .damaged("an array has no dimensions") }
        var dimensions: [Int] = []
        for offset in stride(from: sizes.data.lowerBound, to: sizes.data.upperBound, by: 4) {
            dimensions.append(Int(Int32(bitPattern: file.uint32(at: offset))))
        }
        guard dimensions.allSatisfy({ $0 >= 0 }) else { throw .damaged("an array has a negative dimension") }
        let name = try file.element(at: sizes.end, before: range.upperBound)
        return Header(
            classCode: word & 0xFF, isLogical: word & 0x200 != 0, isComplex: word & 0x800 != 0,
            dimensions: dimensions, name: file.name(name.data), contents: name.end)
    }

    /// The value of the matrix whose bytes are `range`.
    func value(in range: Range<Int>, depth: Int = 0) throws(MATProblem) -> MATValue {
        guard depth < Self.depthLimit else { throw .damaged("values lie more than \(Self.depthLimit) deep in others") }
        guard !range.isEmpty else {
            // An empty matrix without a header stands for [].
            return .numeric(
                MATNumericArray(
                    dimensions: [0, 0], isLogical: false, isFloatingPoint: true, storage: .double, file: file,
                    range: range))
        }
        let header = try header(in: range)
        switch header.classCode {
        case 1: return try cells(header, before: range.upperBound, depth: depth)
        case 2: return try structure(header, before: range.upperBound, depth: depth)
        case 4: return try text(header, before: range.upperBound)
        case 6...15: return try numbers(header, before: range.upperBound)
        case 3, 17, 18:
            return .unsupported(
                "an object, as tables and strings are", remedy: "save its numbers as an array, and texts as char")
        case 5: return .unsupported("a sparse matrix", remedy: "save full(\(header.name.isEmpty ? "X" : header.name))")
        case 16: return .unsupported("a function", remedy: "save what it gives")
        default: throw .damaged("an array is of a class that the format does not know")
        }
    }

    private func numbers(_ header: Header, before limit: Int) throws(MATProblem) -> MATValue {
        guard !header.isComplex else {
            return .unsupported("an array of complex numbers", remedy: "save its real part, or abs of it")
        }
        let element = try file.element(at: header.contents, before: limit)
        guard let storage = MATNumberStorage(rawValue: element.type), let count = header.count else {
            throw .damaged("an array's numbers are of no known type")
        }
        guard element.data.count % storage.byteCount == 0, element.data.count / storage.byteCount == count else {
            throw .damaged("an array's numbers do not fill its dimensions")
        }
        return .numeric(
            MATNumericArray(
                dimensions: header.dimensions, isLogical: header.isLogical,
                isFloatingPoint: header.classCode == 6 || header.classCode == 7, storage: storage, file: file,
                range: element.data))
    }

    private func cells(_ header: Header, before limit: Int, depth: Int) throws(MATProblem) -> MATValue {
        guard let count = header.count else { throw .damaged("a cell array's dimensions are too large") }
        let values = try matrices(count, from: header.contents, before: limit, depth: depth)
        return .cell(MATCellArray(dimensions: header.dimensions, values: values))
    }

    private func structure(_ header: Header, before limit: Int, depth: Int) throws(MATProblem) -> MATValue {
        let width = try file.element(at: header.contents, before: limit)
        guard width.type == MATNumberStorage.int32.rawValue, width.data.count == 4 else {
            throw .damaged("a struct does not say how long its fields' names are")
        }
        let length = Int(Int32(bitPattern: file.uint32(at: width.data.lowerBound)))
        let names = try file.element(at: width.end, before: limit)
        guard names.data.isEmpty || (length > 0 && names.data.count % length == 0) else {
            throw .damaged("a struct's fields have no names")
        }
        var fields: [String] = []
        if !names.data.isEmpty {
            for offset in stride(from: names.data.lowerBound, to: names.data.upperBound, by: length) {
                fields.append(file.name(offset..<offset + length))
            }
        }
        guard let elements = header.count,
            case let (count, overflows) = elements.multipliedReportingOverflow(
                by: fields.count), !overflows
        else { throw .damaged("a struct's dimensions are too large") }
        let values = try matrices(count, from: names.end, before: limit, depth: depth)
        return .structure(MATStructure(dimensions: header.dimensions, fields: fields, values: values))
    }

    /// `count` matrices, one after the other.
    private func matrices(
        _ count: Int, from start: Int, before limit: Int, depth: Int
    ) throws(MATProblem) -> [MATValue] {
        guard count <= (limit - start) / 8 else {
            throw .damaged("an array says that it holds \(count) values, more than its bytes can")
        }
        var values: [MATValue] = []
        values.reserveCapacity(count)
        var offset = start
        for _ in 0..<count {
            let element = try file.element(at: offset, before: limit)
            guard element.type == MATBytes.matrix else { throw .damaged("an array holds something that is no value") }
            values.append(try value(in: element.data, depth: depth + 1))
            offset = element.end
        }
        return values
    }

    private func text(_ header: Header, before limit: Int) throws(MATProblem) -> MATValue {
        guard let count = header.count else { throw .damaged("a text's dimensions are too large") }
        guard count > 0 else { return .text(MATText(dimensions: header.dimensions, rows: [])) }
        let element = try file.element(at: header.contents, before: limit)
        let units = try utf16(element)
        let rows = header.dimensions[0]
        // One row may be stored in more units than it has characters.
        if rows == 1 {
            return .text(MATText(dimensions: header.dimensions, rows: [String(decoding: units, as: UTF16.self)]))
        }
        guard units.count == count else { throw .damaged("a text's characters do not fill its dimensions") }
        let strings = (0..<rows).map { row in
            String(decoding: stride(from: row, to: count, by: rows).map { units[$0] }, as: UTF16.self)
        }
        return .text(MATText(dimensions: header.dimensions, rows: strings))
    }

    /// The characters of an element of text as UTF-16.
    private func utf16(_ element: MATBytes.Element) throws(MATProblem) -> [UInt16] {
        let data = file.bytes[element.data]
        switch element.type {
        case 16:
            return Array(String(decoding: data, as: UTF8.self).utf16)
        case MATNumberStorage.int8.rawValue, MATNumberStorage.uint8.rawValue:
            return data.map(UInt16.init)
        case 17, MATNumberStorage.uint16.rawValue:
            guard data.count % 2 == 0 else { throw .damaged("a text ends in the middle of a character") }
            return stride(from: data.startIndex, to: data.endIndex, by: 2).map { file.uint16(at: $0) }
        case 18:
            guard data.count % 4 == 0 else { throw .damaged("a text ends in the middle of a character") }
            return stride(from: data.startIndex, to: data.endIndex, by: 4).flatMap { offset in
                let scalar = Unicode.Scalar(file.uint32(at: offset)) ?? "\u{FFFD}"
                return Array(String(Character(scalar)).utf16)
            }
        default:
            throw .damaged("a text is stored in no known way")
        }
    }
}
