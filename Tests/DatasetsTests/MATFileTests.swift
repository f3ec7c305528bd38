import Datasets
import Foundation
import Fuzzing
import Testing

@Suite("MAT files of version 5 are read")
struct MATFileTests {
    /// Both byte orders, compressed and not.
    struct Form: Sendable, CustomTestStringConvertible {
        let isBigEndian: Bool
        let isCompressed: Bool

        var builder: MATBuilder { MATBuilder(isBigEndian: isBigEndian) }
        var testDescription: String { "\(isBigEndian ? "big" : "little"), \(isCompressed ? "compressed" : "plain")" }
        static let all = [(false, false), (false, true), (true, false), (true, true)].map { Form($0, $1) }

        init(_ isBigEndian: Bool, _ isCompressed: Bool) {
            self.isBigEndian = isBigEndian
            self.isCompressed = isCompressed
        }

        /// A file of `variables`, in this form, read.
        func read(_ variables: [UInt8]..., variable: String) throws -> MATValue {
            let bytes = builder.file(isCompressed ? variables.map(builder.compressed) : variables)
            return try MATFile(bytes, path: "test.mat").variable(variable)
        }
    }

    @Test(arguments: Form.all) func numbersOfEveryType(form: Form) throws {
        func check<Value: FixedWidthInteger>(_ type: UInt32, _ values: [Value], _ expected: [Double]) throws {
            for classCode in UInt32(6)...15 {
                let variable = form.builder.numbers(
                    "x", classCode: classCode, dimensions: [1, Int32(values.count)], type: type, values)
                let array = try numbers(try form.read(variable, variable: "x"))
                #expect(array.values == expected, "type \(type), class \(classCode)")
                #expect(array.dimensions == [1, values.count])
                #expect(!array.isLogical)
            }
        }
        // Short arrays lie in the tag, long ones do not.
        try check(1, [Int8.min, -1, 0], [-128, -1, 0])
        try check(1, [Int8.min, -1, 0, 1, .max], [-128, -1, 0, 1, 127])
        try check(2, [UInt8(7)], [7])
        try check(2, [UInt8(0), 1, 2, 3, 255], [0, 1, 2, 3, 255])
        try check(3, [Int16.min, 300], [-32768, 300])
        try check(3, [Int16.min, 300, -5], [-32768, 300, -5])
        try check(4, [UInt16(459), 65535], [459, 65535])
        try check(5, [Int32.min], [-2_147_483_648])
        try check(5, [Int32.min, 70000], [-2_147_483_648, 70000])
        try check(6, [UInt32.max, 1], [4_294_967_295, 1])
        try check(12, [Int64.min, -2], [-9_223_372_036_854_775_808, -2])
        try check(13, [UInt64(1) << 40], [1_099_511_627_776])
        try check(7, [Float(1.5), -0.1].map(\.bitPattern), [1.5, Double(Float(-0.1))])
        try check(9, [0.1, -.infinity].map(\.bitPattern), [0.1, -.infinity])
    }

    @Test(arguments: Form.all) func logicalAndEmptyArrays(form: Form) throws {
        let builder = form.builder
        let mask = builder.numbers(
            "mask", classCode: 9, flags: 0x200, dimensions: [2, 3], type: 2, [UInt8(1), 0, 0, 2, 0, 1])
        let array = try numbers(try form.read(mask, variable: "mask"))
        #expect(array.isLogical)
        #expect(array.isNonzero == [true, false, false, true, false, true])
        #expect(array.matrixSize?.rows == 2 && array.matrixSize?.columns == 3)
        #expect(MATNumericArray.rowMajor(array.values, rows: 2, columns: 3) == [1, 0, 0, 0, 2, 1])

        let empty = builder.numbers("empty", dimensions: [0, 3], type: 9, [UInt64]())
        #expect(try numbers(try form.read(empty, variable: "empty")).values.isEmpty)
        let volume = builder.numbers("volume", dimensions: [1, 2, 2], type: 2, [UInt8(1), 2, 3, 4])
        #expect(try numbers(try form.read(volume, variable: "volume")).matrixSize == nil)
    }

    @Test(arguments: Form.all) func textOfEveryEncoding(form: Form) throws {
        let builder = form.builder
        func rows(_ dimensions: [Int32], _ type: UInt32, _ data: [UInt8]) throws -> [String] {
            guard
                case .text(let text) = try form.read(
                    builder.text("t", dimensions: dimensions, type: type, data), variable: "t")
            else { throw Surprise() }
            return text.rows
        }
        let name = "Größe 🚲"
        let units = Int32(name.utf16.count)
        #expect(try rows([1, units], 16, Array(name.utf8)) == [name])
        #expect(try rows([1, units], 17, name.utf16.flatMap(builder.number)) == [name])
        #expect(try rows([1, units], 4, name.utf16.flatMap(builder.number)) == [name])
        #expect(try rows([1, units], 18, name.unicodeScalars.flatMap { builder.number($0.value) }) == [name])
        #expect(try rows([1, 4], 2, Array("head".utf8)) == ["head"])
        #expect(try rows([1, 1], 1, Array("h".utf8)) == ["h"])
        // Two rows, columns first: "ab" and "cd".
        #expect(try rows([2, 2], 16, Array("acbd".utf8)) == ["ab", "cd"])
        #expect(try rows([0, 0], 16, []).isEmpty)
    }

    @Test(arguments: Form.all) func structsAndCells(form: Form) throws {
        let builder = form.builder
        func scalar(_ value: UInt8) -> [UInt8] {
            builder.numbers("", dimensions: [1, 1], type: 2, [value])
        }
        let cells = builder.cells("", dimensions: [1, 2], [scalar(3), builder.element(14, [])])
        let inner = builder.structure("", dimensions: [1, 1], fields: ["deep"], [scalar(4)])
        let outer = builder.structure(
            "s", dimensions: [1, 2], fields: ["number", "more"], [scalar(1), cells, scalar(2), inner])
        guard case .structure(let structure) = try form.read(outer, variable: "s") else { throw Surprise() }
        #expect(structure.count == 2)
        #expect(structure.fields == ["number", "more"])
        #expect(try numbers(try #require(structure.value(of: "number", at: 1))).values == [2])
        #expect(structure.value(of: "none", at: 0) == nil)
        guard case .cell(let read) = structure.value(of: "more", at: 0),
            case .structure(let nested) = structure.value(of: "more", at: 1)
        else { throw Surprise() }
        #expect(try numbers(read.values[0]).values == [3])
        // A value without a header is empty.
        #expect(try numbers(read.values[1]).values.isEmpty)
        #expect(try numbers(try #require(nested.value(of: "deep", at: 0))).values == [4])

        let none = builder.structure("s", dimensions: [0, 0], fields: ["a"], [])
        guard case .structure(let empty) = try form.read(none, variable: "s") else { throw Surprise() }
        #expect(empty.count == 0)
    }

    @Test(arguments: Form.all) func otherVariablesArePassedOver(form: Form) throws {
        let builder = form.builder
        let sparse = builder.matrix("sparse", classCode: 5, dimensions: [3, 3], [])
        let function = builder.matrix("function", classCode: 16, dimensions: [1, 1], [1, 2, 3])
        let wanted = builder.numbers("wanted", dimensions: [1, 1], type: 2, [UInt8(9)])
        #expect(try numbers(try form.read(sparse, function, wanted, variable: "wanted")).values == [9])
        #expect(try form.read(sparse, wanted, variable: "sparse").summary == "a sparse matrix")
        expectRefusal("test.mat", contains: "no variable none", "sparse, wanted") {
            try form.read(sparse, wanted, variable: "none")
        }
    }

    @Test func variablesAreListed() throws {
        let file = try MATFile(Fixtures.path("NYUD_MT/depth/21.mat"))
        #expect(try file.variableNames() == ["rawDepth", "depth"])
    }

    // MARK: what is refused

    @Test func otherVersionsAreNamed() throws {
        let builder = MATBuilder()
        let whole = builder.file([builder.numbers("x", dimensions: [1, 1], type: 2, [UInt8(1)])])
        func refuse(_ bytes: [UInt8], _ parts: String) {
            expectRefusal("old.mat", contains: parts) { try MATFile(bytes, path: "old.mat").variable("x") }
        }
        var newer = whole
        newer.replaceSubrange(0..<10, with: Array("MATLAB 7.3".utf8))
        refuse(newer, "version 7.3 (HDF5)")
        refuse(newer, "save(..., '-v7')")
        refuse([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "it is an HDF5 file")
        refuse(Array(repeating: 0, count: 200), "no more than zeros and no MAT file")
        refuse([1, 2, 3], "not a MAT file of version 5, or is cut short")
        refuse([], "an empty file and no MAT file")
        refuse(Array(whole.dropLast()), "variable x cannot be read")
        expectRefusal("/nowhere.mat", contains: "No such file") { try MATFile("/nowhere.mat") }
    }

    /// Sizes that are believed would ask for gigabytes, or overflow.
    @Test func sizesThatLieAreRefused() throws {
        let builder = MATBuilder()
        func refuse(_ variable: [UInt8], _ part: String) {
            expectRefusal("lie.mat", contains: "variable x cannot be read", part) {
                try MATFile(builder.file([variable]), path: "lie.mat").variable("x")
            }
        }
        let huge = Int32.max
        let three: [UInt8] = [1, 2, 3]
        refuse(builder.numbers("x", dimensions: [huge, huge], type: 2, three), "do not fill its dimensions")
        refuse(builder.numbers("x", dimensions: [huge, huge, huge, huge], type: 2, three), "numbers")
        refuse(builder.numbers("x", dimensions: [-1, 3], type: 2, three), "negative")
        refuse(builder.numbers("x", dimensions: [1, 1], type: 4, three), "do not fill its dimensions")
        refuse(builder.cells("x", dimensions: [huge, huge], []), "more than its bytes can")
        refuse(builder.structure("x", dimensions: [huge, huge], fields: ["a", "b"], []), "more than its bytes can")
        refuse(builder.text("x", dimensions: [huge, 2], type: 16, three), "characters do not fill")
        refuse(builder.matrix("x", classCode: 99, dimensions: [1, 1], []), "class")
        var nested = builder.cells("", dimensions: [0, 0], [])
        for level in (0..<100).reversed() {
            nested = builder.cells(level == 0 ? "x" : "", dimensions: [1, 1], [nested])
        }
        refuse(nested, "deep")
    }

    /// A thousandth of what comes out; reading stops at the limit.
    @Test func whatGrowsWithoutEndIsRefused() throws {
        let builder = MATBuilder()
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        let variable = builder.compressed(builder.numbers("x", dimensions: [1024, 1024], type: 2, zeros))
        let file = builder.file([variable, variable])
        #expect(try numbers(MATFile(file, path: "bomb.mat").variable("x")).count == 1 << 20)
        expectRefusal("bomb.mat", contains: "variable x", "more than 100000 bytes") {
            try MATFile(file, path: "bomb.mat", byteLimit: 100_000).variable("x")
        }
        // The limit is for all of a file's variables together.
        expectRefusal("bomb.mat", contains: "more than 1500000 bytes") {
            try MATFile(file, path: "bomb.mat", byteLimit: 1_500_000).variable("y")
        }
    }

    struct Surprise: Error {}

    private func numbers(_ value: MATValue) throws -> MATNumericArray {
        guard case .numeric(let array) = value else { throw Surprise() }
        return array
    }
}
