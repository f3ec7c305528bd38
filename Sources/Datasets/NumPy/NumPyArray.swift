/// An array from a `.npy` file: numbers of any real type, as float32.
///
/// No file makes reading hang or take more than a few times its size in memory: the header's shape must fit the bytes
/// that follow it.
///
/// The format: NumPy Enhancement Proposal 1, versions 1.0 to 3.0.
package struct NumPyArray: Sendable, Equatable {
    static let signature: [UInt8] = [0x93] + Array("NUMPY".utf8)

    package let shape: [Int]
    /// Whether the file holds true and false, or whole numbers, or fractions.
    package let kind: NumberKind
    /// Row-major whatever the order in the file: the last dimension changes fastest. True is 1. Rounded to float32.
    package let values: [Float]

    /// What the numbers are in the file; read, all are float32.
    package enum NumberKind: Sendable {
        case boolean, integer, floatingPoint
    }

    /// Reads the file at `path`.
    /// - Throws: ``DataFileError`` when it cannot be read, is damaged, or holds something else than real numbers.
    package init(_ path: String) throws {
        try self.init(contents(ofFile: path), path: path)
    }

    /// Uses the bytes of a file; `path` is for messages.
    package init(_ bytes: [UInt8], path: String) throws {
        let header: NumPyHeader
        do {
            header = try NumPyHeader(bytes)
        } catch {
            throw DataFileError(path: path, problem: error.problem, remedy: error.remedy)
        }
        let element = try ElementType(of: header, path: path)
        let available = bytes.count - header.dataOffset
        guard let count = header.count,
            case let (size, overflows) = count.multipliedReportingOverflow(
                by: element.byteCount), !overflows, size == available
        else {
            throw DataFileError(
                path: path,
                problem:
                    "its shape is \(header.shape), of \(element.byteCount) bytes each, and \(available) bytes follow",
                remedy: "write or fetch the file again")
        }
        shape = header.shape
        kind = element.kind
        let stored = bytes.withUnsafeBytes { element.values($0, from: header.dataOffset, count: count) }
        values = header.isFortranOrder ? Self.rowMajor(stored, shape: header.shape) : stored
    }

    /// An array of numbers that are at hand, row-major.
    init(shape: [Int], kind: NumberKind, values: [Float]) {
        precondition(values.count == shape.reduce(1, *), "an array's values must fill its shape")
        (self.shape, self.kind, self.values) = (shape, kind, values)
    }

    /// Takes the numbers of a MAT file over.
    init(_ array: MATNumericArray) {
        shape = array.dimensions
        kind = array.isLogical ? .boolean : array.isFloatingPoint ? .floatingPoint : .integer
        values = Self.rowMajor(array.values.map { Float($0) }, shape: array.dimensions)
    }

    /// From first dimension fastest to last dimension fastest.
    static func rowMajor(_ values: [Float], shape: [Int]) -> [Float] {
        guard !values.isEmpty && shape.count > 1 else { return values }
        var strides: [Int] = []
        var stride = 1
        for size in shape {
            strides.append(stride)
            stride *= size
        }
        var place = [Int](repeating: 0, count: shape.count)
        var offset = 0
        return values.indices.map { _ in
            defer {
                var dimension = shape.count - 1
                while dimension >= 0 {
                    place[dimension] += 1
                    offset += strides[dimension]
                    if place[dimension] < shape[dimension] { break }
                    offset -= strides[dimension] * shape[dimension]
                    place[dimension] = 0
                    dimension -= 1
                }
            }
            return values[offset]
        }
    }
}

extension NumPyArray {
    /// A real type of NumPy's, by the text that stands for it in a file: `<f4` is byte order, kind, bytes.
    struct ElementType {
        let kind: NumPyArray.NumberKind
        private let code: Substring
        private let isBigEndian: Bool

        /// - Throws: ``DataFileError`` where the file's elements are no real numbers.
        init(of header: NumPyHeader, path: String) throws {
            guard let known = Self(header.type) else {
                throw DataFileError(
                    path: path, problem: "its elements are of the type \(header.type), which is not read",
                    remedy: "save an array of numbers, such as float32 or uint8")
            }
            self = known
        }

        private init?(_ text: String) {
            guard let order = text.first, "<>|=".contains(order) else { return nil }
            code = text.dropFirst()
            isBigEndian = order == ">"
            switch code {
            case "b1": kind = .boolean
            case "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8": kind = .integer
            case "f2", "f4", "f8": kind = .floatingPoint
            default: return nil
            }
        }

        var byteCount: Int { Int(code.last!.wholeNumberValue!) }

        func values(_ bytes: UnsafeRawBufferPointer, from offset: Int, count: Int) -> [Float] {
            func converted<Stored: FixedWidthInteger>(_ type: Stored.Type, _ number: (Stored) -> Float) -> [Float] {
                [Float](unsafeUninitializedCapacity: count) { target, initialized in
                    for index in 0..<count {
                        let stored = bytes.loadUnaligned(
                            fromByteOffset: offset + index * MemoryLayout<Stored>.size, as: Stored.self)
                        target[index] = number(isBigEndian ? Stored(bigEndian: stored) : Stored(littleEndian: stored))
                    }
                    initialized = count
                }
            }
            return switch code {
            case "b1": converted(UInt8.self) { $0 == 0 ? 0 : 1 }
            case "i1": converted(Int8.self) { Float($0) }
            case "u1": converted(UInt8.self) { Float($0) }
            case "i2": converted(Int16.self) { Float($0) }
            case "u2": converted(UInt16.self) { Float($0) }
            case "i4": converted(Int32.self) { Float($0) }
            case "u4": converted(UInt32.self) { Float($0) }
            case "i8": converted(Int64.self) { Float($0) }
            case "u8": converted(UInt64.self) { Float($0) }
            case "f2": converted(UInt16.self) { Float(Float16(bitPattern: $0)) }
            case "f4": converted(UInt32.self) { Float(bitPattern: $0) }
            default: converted(UInt64.self) { Float(Double(bitPattern: $0)) }
            }
        }
    }
}
