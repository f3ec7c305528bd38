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
        let content = FileContent(start: bytes[...], byteCount: bytes.count)
        guard content == .mat5 else { throw Self.refusal(of: content, path: path) }
        file = MATBytes(bytes: bytes, isBigEndian: bytes[126] == UInt8(ascii: "M"))
        guard file.uint16(at: 124) >> 8 == 1 else {
            throw DataFileError(
                path: path, problem: "it is a MAT file of a version that is not read",
                remedy: "load it in MATLAB and save it again with save(..., '-v7')")
        }
    }

    /// Why the file is no MAT file of version 5, with what helps where it was written.
    private static func refusal(of content: FileContent?, path: String) -> DataFileError {
        let octave = "load it in Octave and save it again with save -v7"
        let (problem, remedy): (String, String) =
            switch content {
            case .mat4(let variable)?:
                (
                    "it is a MAT file of version 4 (its first variable is \(variable)), which is not read",
                    "load it and save it again with save(..., '-v7') in MATLAB, save -v7 in Octave, or "
                        + "scipy.io.savemat in Python"
                )
            case .hdf5(.matlab)?:
                (
                    "it is a MAT file of version 7.3 (HDF5), which is not read",
                    "load it in MATLAB and save it again with save(..., '-v7')"
                )
            case .hdf5(.octave)?: ("it is an HDF5 file of Octave (save -hdf5), which is not read", octave)
            case .hdf5?:
                (
                    "it is an HDF5 file, which is not read",
                    "load it with h5py in Python and save it with scipy.io.savemat, or from MATLAB with "
                        + "save(..., '-v7')"
                )
            case .octaveText?:
                ("it is a text file of Octave, which save writes whatever the file is called", octave)
            case .octaveBinary?: ("it is a binary file of Octave (save -binary), which is not read", octave)
            case .npy?, .zip?:
                (
                    "it is a file of NumPy and no MAT file, whatever it is called",
                    "save it with scipy.io.savemat, or under the name that it should have"
                )
            case .mat5?, nil:
                (
                    "it is not a MAT file of version 5, or is cut short",
                    "fetch the file again, or load it in MATLAB and save it again with save(..., '-v7')"
                )
            case let content?:
                ("it is \(content.name) and no MAT file", content.fetching ?? "fetch the file again")
            }
        return DataFileError(path: path, problem: problem, remedy: remedy)
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
            remedy: "save the one that is the label alone, of a sparse one full(NAME), with save(FILE, 'NAME', '-v7')")
    }

    /// What each annotator has drawn, in a file of BSDS500: the `Boundaries` of the structs in the cells of `groundTruth`, or
    /// of the elements of a struct array; nil where there is no such variable.
    /// - Throws: ``DataFileError`` where it holds something else or nobody's map.
    func boundaryMaps() throws -> [MATNumericArray]? {
        let (name, field) = ("groundTruth", "Boundaries")
        guard try variableNames().contains(name) else { return nil }
        let value = try variable(name)
        func refusal(_ problem: String, _ value: MATValue? = nil) -> DataFileError {
            let other = "save a cell array of structs with \(field), as BSDS500 has it, or height x width x annotators"
            return DataFileError(path: path, problem: problem, remedy: value?.remedy(orElse: other) ?? other)
        }
        var parts: [MATValue] = []
        switch value {
        case .cell(let cells): parts = cells.values
        case .structure: parts = [value]
        default: throw refusal("variable \(name) is \(value.summary)", value)
        }
        let maps = try parts.flatMap { part -> [MATNumericArray] in
            guard case .structure(let structure) = part, structure.fields.contains(field) else {
                throw refusal("\(name) holds \(part.summary) without \(field)", part)
            }
            return try (0..<structure.count).map { element in
                let drawn = structure.value(of: field, at: element)!
                guard case .numeric(let array) = drawn else { throw refusal("\(field) is \(drawn.summary)", drawn) }
                return array
            }
        }
        guard !maps.isEmpty else { throw refusal("\(name) is empty") }
        return maps
    }

    /// A variable as the file lists it.
    package struct Variable: Sendable, Equatable {
        package let name: String
        /// MATLAB's class, such as `double`, `logical`, `cell`, `struct` or `sparse double`.
        package let className: String
        /// Rows, columns, and so on.
        package let dimensions: [Int]
    }

    /// The variables, in the order of the file; their values are not parsed.
    package func variables() throws -> [Variable] {
        var variables: [Variable] = []
        do {
            try forEachVariable { (parser, range) throws(MATProblem) in
                let header = try parser.header(in: range)
                variables.append(
                    Variable(name: header.name, className: header.className, dimensions: header.dimensions))
                return true
            }
        } catch {
            throw refusal(error, variable: nil)
        }
        return variables
    }

    /// The names of the variables, in the order of the file.
    package func variableNames() throws -> [String] { try variables().map(\.name) }

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
