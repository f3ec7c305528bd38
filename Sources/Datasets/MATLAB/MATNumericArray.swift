/// A real array of numbers of any type. It keeps the file's bytes, of which it is a part, and converts them when asked.
package struct MATNumericArray: Sendable {
    /// Rows, columns, and so on; two at least.
    package let dimensions: [Int]
    /// Whether the file says that the numbers are true and false.
    package let isLogical: Bool
    /// Whether the array's own type is one of fractions.
    package let isFloatingPoint: Bool
    /// How the numbers are stored, which may be smaller than the array's own type.
    let storage: MATNumberStorage
    let file: MATBytes
    let range: Range<Int>

    /// How many numbers there are.
    package var count: Int { range.count / storage.byteCount }

    /// The numbers in the file's order, the first dimension fastest. 64-bit integers beyond 2^53 are rounded.
    package var values: [Double] {
        switch storage {
        case .int8: integers(Int8.self)
        case .uint8: integers(UInt8.self)
        case .int16: integers(Int16.self)
        case .uint16: integers(UInt16.self)
        case .int32: integers(Int32.self)
        case .uint32: integers(UInt32.self)
        case .int64: integers(Int64.self)
        case .uint64: integers(UInt64.self)
        case .single: converted(UInt32.self) { Double(Float(bitPattern: $0)) }
        case .double: converted(UInt64.self) { Double(bitPattern: $0) }
        }
    }

    /// Which numbers are not 0, in the file's order.
    package var isNonzero: [Bool] {
        storage.byteCount == 1 ? file.bytes[range].map { $0 != 0 } : values.map { $0 != 0 }
    }

    private func integers<Value: FixedWidthInteger>(_ type: Value.Type) -> [Double] {
        converted(type) { Double($0) }
    }

    private func converted<Stored: FixedWidthInteger>(_ type: Stored.Type, _ number: (Stored) -> Double) -> [Double] {
        let (count, isBigEndian) = (count, file.isBigEndian)
        return file.bytes.withUnsafeBytes { bytes in
            [Double](unsafeUninitializedCapacity: count) { target, initialized in
                for index in 0..<count {
                    let stored = bytes.loadUnaligned(
                        fromByteOffset: range.lowerBound + index * MemoryLayout<Stored>.size, as: Stored.self)
                    target[index] = number(isBigEndian ? Stored(bigEndian: stored) : Stored(littleEndian: stored))
                }
                initialized = count
            }
        }
    }
}

extension MATNumericArray {
    /// Rows and columns of a matrix; nil where there are more dimensions.
    package var matrixSize: (rows: Int, columns: Int)? {
        dimensions.count == 2 ? (dimensions[0], dimensions[1]) : nil
    }

    /// Brings the elements of a rows x columns matrix from the file's order, columns first, into rows first.
    package static func rowMajor<Element>(_ elements: [Element], rows: Int, columns: Int) -> [Element] {
        precondition(elements.count == rows * columns, "a matrix's elements fill its shape")
        var result: [Element] = []
        result.reserveCapacity(elements.count)
        for row in 0..<rows {
            for column in 0..<columns {
                result.append(elements[column * rows + row])
            }
        }
        return result
    }
}

/// How numbers lie in a MAT file: the format's `mi` types, by their codes.
enum MATNumberStorage: UInt32 {
    case int8 = 1
    case uint8 = 2
    case int16 = 3
    case uint16 = 4
    case int32 = 5
    case uint32 = 6
    case single = 7
    case double = 9
    case int64 = 12
    case uint64 = 13

    var byteCount: Int {
        switch self {
        case .int8, .uint8: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .single: 4
        case .double, .int64, .uint64: 8
        }
    }
}
