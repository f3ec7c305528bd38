import CZlib

/// Builds MAT files of version 5, to read them back and to damage them.
package struct MATBuilder {
    package var isBigEndian = false

    package init(isBigEndian: Bool = false) {
        self.isBigEndian = isBigEndian
    }

    /// A variable of structures, cells, texts and numbers inside of each other.
    package var variety: [UInt8] {
        func scalar(_ value: UInt8) -> [UInt8] { numbers("", dimensions: [1, 1], type: 2, [value]) }
        return structure(
            "LabelMap", dimensions: [1, 2], fields: ["text", "cell"],
            [
                text("", dimensions: [1, 4], type: 16, Array("head".utf8)),
                cells("", dimensions: [2, 2], (0..<4).map { scalar($0) }),
                text("", dimensions: [2, 2], type: 17, "abcd".utf16.flatMap(number)),
                structure("", dimensions: [1, 1], fields: ["a"], [scalar(1)]),
            ])
    }

    /// A file of the given variables.
    package func file(_ variables: [[UInt8]]) -> [UInt8] {
        var bytes = Array("MATLAB 5.0 MAT-file".utf8)
        bytes += Array(repeating: 32, count: 124 - bytes.count)
        bytes += number(UInt16(0x0100)) + number(UInt16(0x4D49))
        return bytes + variables.flatMap { $0 }
    }

    /// An element with its tag; up to four bytes lie in the tag itself unless `isLong`.
    package func element(_ type: UInt32, _ data: [UInt8], isLong: Bool = false) -> [UInt8] {
        if !data.isEmpty && data.count <= 4 && !isLong {
            return number(UInt32(data.count) << 16 | type) + data + Array(repeating: 0, count: 4 - data.count)
        }
        return number(type) + number(UInt32(data.count)) + data + Array(repeating: 0, count: (8 - data.count % 8) % 8)
    }

    package func matrix(
        _ name: String, classCode: UInt32, flags: UInt32 = 0, dimensions: [Int32], _ contents: [UInt8]
    ) -> [UInt8] {
        let header = element(6, number(classCode | flags) + number(UInt32(0)))
        let sizes = element(5, dimensions.flatMap { number($0) }, isLong: true)
        return element(14, header + sizes + element(1, Array(name.utf8)) + contents)
    }

    package func numbers<Value: FixedWidthInteger>(
        _ name: String, classCode: UInt32 = 6, flags: UInt32 = 0, dimensions: [Int32], type: UInt32, _ values: [Value]
    ) -> [UInt8] {
        matrix(
            name, classCode: classCode, flags: flags, dimensions: dimensions,
            element(type, values.flatMap { number($0) }))
    }

    package func text(_ name: String, dimensions: [Int32], type: UInt32, _ data: [UInt8]) -> [UInt8] {
        matrix(name, classCode: 4, dimensions: dimensions, element(type, data))
    }

    package func cells(_ name: String, dimensions: [Int32], _ values: [[UInt8]]) -> [UInt8] {
        matrix(name, classCode: 1, dimensions: dimensions, values.flatMap { $0 })
    }

    package func structure(_ name: String, dimensions: [Int32], fields: [String], _ values: [[UInt8]]) -> [UInt8] {
        let names = fields.flatMap { Array($0.utf8) + Array(repeating: 0, count: 32 - $0.utf8.count) }
        return matrix(
            name, classCode: 2, dimensions: dimensions,
            element(5, number(Int32(32))) + element(1, names) + values.flatMap { $0 })
    }

    /// `variable` as one compressed element.
    package func compressed(_ variable: [UInt8]) -> [UInt8] {
        var count = compressBound(UInt(variable.count))
        var packed = [UInt8](repeating: 0, count: Int(count))
        let status = compress2(&packed, &count, variable, UInt(variable.count), 9)
        precondition(status == Z_OK)
        return number(UInt32(15)) + number(UInt32(count)) + packed.prefix(Int(count))
    }

    package func number<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: isBigEndian ? value.bigEndian : value.littleEndian) { Array($0) }
    }
}
