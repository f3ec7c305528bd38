import Archives

/// A MAT file of version 5, which MATLAB writes with `-v6` and `-v7`, of either byte order, compressed or not.
///
/// Values are parsed when they are asked for. No file makes reading hang or take memory without bound: a size is
/// compared with the bytes that there are before it is believed, and what compressed variables become is limited.
///
/// The format: "MAT-File Format", The MathWorks, R2019b, chapter 1.
package struct MATFile: Sendable {
    /// How many bytes the variables of a file may have together once they are decompressed.
    package static let defaultByteLimit = 1 << 28

    package let path: String
    private let file: MATBytes
    private let byteLimit: Int

    /// Reads the file at `path`.
    /// - Throws: ``DataFileError`` when it cannot be read or is of another version.
    package init(_ path: String, byteLimit: Int = defaultByteLimit) throws {
        try self.init(contents(ofFile: path), path: path, byteLimit: byteLimit)
    }

    /// Uses the bytes of a file; `path` is for messages.
    package init(_ bytes: [UInt8], path: String, byteLimit: Int = defaultByteLimit) throws {
        self.path = path
        self.byteLimit = byteLimit
        func refusal(_ problem: String, _ remedy: String) -> DataFileError {
            DataFileError(path: path, problem: problem, remedy: remedy)
        }
        let hierarchical: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
        if bytes.starts(with: Array("MATLAB 7.3".utf8)) || bytes.starts(with: hierarchical)
            || bytes.dropFirst(512).starts(with: hierarchical)
        {
            throw refusal(
                "it is a MAT file of version 7.3 (HDF5), which is not read",
                "load it in MATLAB and save it again with save(..., '-v7')")
        }
        guard bytes.count >= 128 else {
            throw refusal("it is not a MAT file of version 5, or is cut short", "fetch the file again")
        }
        switch (bytes[126], bytes[127]) {
        case (UInt8(ascii: "I"), UInt8(ascii: "M")): file = MATBytes(bytes: bytes, isBigEndian: false)
        case (UInt8(ascii: "M"), UInt8(ascii: "I")): file = MATBytes(bytes: bytes, isBigEndian: true)
        default:
            throw refusal(
                "it is not a MAT file of version 5",
                "fetch the file again, or load it in MATLAB and save it again with save(..., '-v7')")
        }
        guard file.uint16(at: 124) >> 8 == 1 else {
            throw refusal(
                "it is a MAT file of a version that is not read",
                "load it in MATLAB and save it again with save(..., '-v7')")
        }
    }

    /// The value of the variable `name`. Others are passed over, parsed no further than their names.
    /// - Throws: ``DataFileError`` that names file and variable when it is not there or is damaged.
    package func variable(_ name: String) throws -> MATValue {
        var others: [String] = []
        do {
            var found: MATValue?
            try forEachVariable { (parser, range) throws(MATProblem) in
                let header = try parser.header(in: range)
                guard header.name == name else {
                    others.append(header.name)
                    return true
                }
                found = try parser.value(in: range)
                return false
            }
            if let found { return found }
        } catch {
            throw refusal(error, variable: name)
        }
        throw DataFileError(
            path: path,
            problem: "it has no variable \(name)"
                + (others.isEmpty ? "" : "; it has \(others.prefix(8).joined(separator: ", "))"),
            remedy: "check that the file is of this data set")
    }

    /// Whether a file that begins with `bytes` is of this kind.
    static func isStart(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 128 && bytes.starts(with: Array("MATLAB 5.0".utf8))
    }

    /// The one variable that is an array of numbers.
    /// - Throws: ``DataFileError`` when there is none or more than one, or when the file is damaged.
    func onlyArray() throws -> MATNumericArray {
        var found: [(name: String, array: MATNumericArray)] = []
        var other: String?
        do {
            try forEachVariable { (parser, range) throws(MATProblem) in
                let name = try parser.header(in: range).name
                // MATLAB keeps what belongs to objects in an array without a name.
                guard !name.isEmpty else { return true }
                let value = try parser.value(in: range)
                if case .numeric(let array) = value {
                    found.append((name, array))
                } else {
                    other = other ?? "\(name) is \(value.summary)"
                }
                return true
            }
        } catch {
            throw refusal(error, variable: nil)
        }
        if found.count == 1 { return found[0].array }
        let names = found.prefix(5).map(\.name).joined(separator: ", ")
        throw DataFileError(
            path: path,
            problem: found.isEmpty
                ? "it has no array of numbers" + (other.map { " (\($0))" } ?? "")
                : "it has \(found.count) arrays (\(names)), and a label is one",
            remedy: "save the one that is the label alone, with save(FILE, 'NAME', '-v7')")
    }

    /// The names of the variables, in the order of the file.
    package func variableNames() throws -> [String] {
        var names: [String] = []
        do {
            try forEachVariable { (parser, range) throws(MATProblem) in
                names.append(try parser.header(in: range).name)
                return true
            }
        } catch {
            throw refusal(error, variable: nil)
        }
        return names
    }

    /// Calls `body` with each variable's matrix until it returns false.
    private func forEachVariable(
        _ body: (MATParser, Range<Int>) throws(MATProblem) -> Bool
    ) throws(MATProblem) {
        var offset = 128
        var remaining = byteLimit
        while offset < file.bytes.count {
            let element = try file.element(at: offset, before: file.bytes.count)
            offset = element.end
            if element.type == MATBytes.matrix, !element.data.isEmpty {
                guard try body(MATParser(file: file), element.data) else { return }
            } else if element.type == MATBytes.compressed {
                let inflated = MATBytes(
                    bytes: try inflated(element.data, byteLimit: remaining), isBigEndian: file.isBigEndian)
                remaining -= inflated.bytes.count
                let inner = try inflated.element(at: 0, before: inflated.bytes.count)
                guard inner.type == MATBytes.matrix, !inner.data.isEmpty else {
                    throw .damaged("a compressed element holds no variable")
                }
                guard try body(MATParser(file: inflated), inner.data) else { return }
            } else {
                throw .damaged("something that is no variable lies between the variables")
            }
        }
    }

    private func inflated(_ range: Range<Int>, byteLimit: Int) throws(MATProblem) -> [UInt8] {
        guard byteLimit > 0 else { throw .tooLarge }
        // The closure's error is typed only outside of it.
        let result = file.bytes.withUnsafeBytes { bytes in
            Result { () throws(InflateError) in
                try inflate(UnsafeRawBufferPointer(rebasing: bytes[range]), format: .zlib, byteLimit: byteLimit)
            }
        }
        do {
            return try result.get()
        } catch {
            switch error {
            case .damaged: throw .damaged("its compressed bytes are not what was written")
            case .cutShort: throw .damaged("its compressed bytes are cut short")
            case .tooLarge: throw .tooLarge
            }
        }
    }

    private func refusal(_ problem: MATProblem, variable: String?) -> DataFileError {
        let subject = variable.map { "variable \($0) cannot be read: " } ?? "its variables cannot be read: "
        switch problem {
        case .damaged(let reason):
            return DataFileError(
                path: path, problem: subject + reason, remedy: "fetch the file again, or take it off the list")
        case .tooLarge:
            return DataFileError(
                path: path, problem: subject + "decompressed, it has more than \(byteLimit) bytes",
                remedy: "check that the file is of this data set")
        }
    }
}
