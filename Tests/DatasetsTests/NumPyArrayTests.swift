import Datasets
import Testing

@Suite("NumPy files are read")
struct NumPyArrayTests {
    @Test func numbersOfEveryTypeInBothByteOrders() throws {
        func check<Value: FixedWidthInteger>(_ code: String, _ values: [Value], _ expected: [Float]) throws {
            for (order, isBig) in [("<", false), (">", true)] + (Value.bitWidth == 8 ? [("|", false)] : []) {
                let data = values.flatMap { value in
                    withUnsafeBytes(of: isBig ? value.bigEndian : value.littleEndian) { Array($0) }
                }
                let bytes = Self.file("'\(order)\(code)'", shape: "(\(values.count),)", data)
                let array = try NumPyArray(bytes, path: "test.npy")
                #expect(array.values == expected, "\(order)\(code)")
                #expect(array.shape == [values.count])
            }
        }
        try check("b1", [UInt8(0), 1, 2], [0, 1, 1])
        try check("i1", [Int8.min, 5], [-128, 5])
        try check("u1", [UInt8(0), 255], [0, 255])
        try check("i2", [Int16.min, 300], [-32768, 300])
        try check("u2", [UInt16.max], [65535])
        try check("i4", [Int32(-70000)], [-70000])
        try check("u4", [UInt32(1) << 31], [2_147_483_648])
        try check("i8", [Int64(-3)], [-3])
        try check("u8", [UInt64(1) << 40], [1_099_511_627_776])
        try check("f2", [Float16(1.5).bitPattern], [1.5])
        try check("f4", [Float(0.1), -.infinity].map(\.bitPattern), [0.1, -.infinity])
        try check("f8", [0.1].map(\.bitPattern), [0.1])
    }

    @Test func bothOrdersAndAllVersions() throws {
        // Numbers count up in row-major order of 2 x 3 x 2; the second file holds them first dimension first.
        let rows = (0..<12).map(UInt8.init)
        let columns: [UInt8] = [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]
        let expected = rows.map(Float.init)
        let plain = try NumPyArray(Self.file("'|u1'", shape: "(2, 3, 2)", rows), path: "test.npy")
        #expect(plain.values == expected)
        #expect(plain.kind == .integer)
        for version: UInt8 in 1...3 {
            let bytes = Self.file("'|u1'", order: "True", shape: "(2, 3L, 2)", columns, version: version)
            let turned = try NumPyArray(bytes, path: "test.npy")
            #expect(turned.values == expected)
            #expect(turned.shape == [2, 3, 2])
        }
        let scalar = try NumPyArray(Self.file("'|b1'", shape: "()", [1]), path: "test.npy")
        #expect(scalar.shape.isEmpty && scalar.values == [1] && scalar.kind == .boolean)
        #expect(try NumPyArray(Self.file("'<f4'", shape: "(0, 7)", []), path: "test.npy").values.isEmpty)
    }

    @Test func whatIsNoArrayOfNumbersIsRefused() throws {
        func refuse(_ bytes: [UInt8], _ part: String) {
            expectRefusal("bad.npy", contains: part) { try NumPyArray(bytes, path: "bad.npy") }
        }
        let four: [UInt8] = [1, 2, 3, 4]
        refuse(Self.file("'|O'", shape: "(4,)", four), "type |O")
        refuse(Self.file("'<c8'", shape: "(1,)", four), "type <c8")
        refuse(Self.file("[('a', '<f4')]", shape: "(1,)", four), "records")
        refuse(Self.file("'<f4'", shape: "(2,)", four), "4 bytes follow")
        refuse(Self.file("'|u1'", shape: "(3,)", four), "4 bytes follow")
        refuse(Self.file("'|u1'", shape: "(4294967296, 4294967296)", four), "shape")
        refuse(Self.file("'|u1'", shape: "(-4,)", four), "shape")
        refuse(Self.file("'|u1'", shape: "(99999999999999999999,)", four), "shape")
        refuse(Self.file("'|u1'", order: "Maybe", shape: "(4,)", four), "order")
        refuse(Array("PK not an array".utf8), "not a .npy file")
        refuse(Array(Self.file("'|u1'", shape: "(4,)", four).prefix(40)), "cut short")
        refuse([], "not a .npy file")
    }

    /// A file with a header as NumPy writes it.
    static func file(
        _ descriptor: String, order: String = "False", shape: String, _ data: [UInt8], version: UInt8 = 1
    ) -> [UInt8] {
        var header = Array("{'descr': \(descriptor), 'fortran_order': \(order), 'shape': \(shape), }".utf8)
        let prefix = version == 1 ? 10 : 12
        header += Array(repeating: 32, count: (64 - (prefix + header.count + 1) % 64) % 64) + [10]
        let length = [UInt8(header.count & 255), UInt8(header.count >> 8)] + (version == 1 ? [] : [0, 0])
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + header + data
    }

    @Test(arguments: [[], [3], [2, 0], [2, 3, 4], [1_000_000, 1]])
    func whatIsWrittenIsRead(_ shape: [Int]) throws {
        let values = (0..<shape.reduce(1, *)).map { Float($0) - 0.3 }
        let bytes = NumPyArray.encoded(values, shape: shape)
        let array = try NumPyArray(bytes, path: "written.npy")
        #expect(array.shape == shape && array.values == values && array.kind == .floatingPoint)
        // As NumPy does, so that values can be mapped into memory.
        #expect((bytes.count - 4 * values.count) % 64 == 0)
    }
}
