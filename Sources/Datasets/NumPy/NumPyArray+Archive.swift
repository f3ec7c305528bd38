import Archives

extension NumPyArray {
    /// What a deflated array may unpack to: that many pixels of float64 are not read from pictures either.
    static let byteLimit = 8 * ImageFile.defaultPixelLimit

    /// Uses the bytes of a `.npz` file, which is a zip archive of `.npy` files, stored (`numpy.savez`) or deflated
    /// (`numpy.savez_compressed`).
    ///
    /// - Parameters:
    ///   - name: the array to read; nil means the only one, or else `arr_0`, as `numpy.savez` calls the first.
    ///   - path: for messages.
    /// - Throws: ``DataFileError`` when the file is damaged, or has no such array, or several and none is meant.
    package init(archive bytes: [UInt8], name: String? = nil, path: String) throws {
        let part: ZipArchive.Part
        let contents: [UInt8]
        do {
            let archive = try ZipArchive(byteCount: bytes.count) { Array(bytes[$0..<$0 + $1]) }
            part = try Self.part(of: archive, name: name, path: path)
            contents = try ZipArchive.contents(of: part, in: bytes, byteLimit: Self.byteLimit)
        } catch let problem as ZipArchive.Problem {
            throw Self.refusal(problem, path: path)
        }
        do {
            try self.init(contents, path: path)
        } catch let error as DataFileError {
            throw DataFileError(
                path: path, problem: "in the archive, \(printable(part.name)): \(error.problem)",
                remedy: error.remedy)
        }
    }

    private static func part(of archive: ZipArchive, name: String?, path: String) throws -> ZipArchive.Part {
        let arrays = archive.parts.filter { $0.name.hasSuffix(".npy") }
        let names = arrays.map { String($0.name.dropLast(4)) }
        func refusal(_ problem: String, _ remedy: String) -> DataFileError {
            DataFileError(path: path, problem: problem, remedy: remedy)
        }
        guard !arrays.isEmpty else {
            throw refusal("it is an archive without an array (.npy)", "save the array with numpy.savez")
        }
        if let index = names.firstIndex(of: name ?? (names.count == 1 ? names[0] : "arr_0")) { return arrays[index] }
        let listed = names.prefix(5).map { printable($0) }.joined(separator: ", ") + (names.count > 5 ? " …" : "")
        if let name {
            throw refusal("it has no array \(name) (it has \(listed))", "name one of them, or save that array")
        }
        guard !Set(["indices", "indptr", "shape"]).isSubset(of: names) else {
            throw refusal("it is a sparse matrix of SciPy's", "save what its toarray() returns")
        }
        throw refusal(
            "it has \(names.count) arrays (\(listed)) and none is called arr_0",
            "save the one that is the label alone, with numpy.savez(FILE, array)")
    }

    static func refusal(_ problem: ZipArchive.Problem, path: String) -> DataFileError {
        switch problem {
        case .list:
            DataFileError(
                path: path, problem: "the archive is damaged or cut short",
                remedy: "fetch the file again, or take it off the list")
        case .twice(let name):
            DataFileError(
                path: path, problem: "the archive has \(printable(name)) twice", remedy: "save the file again")
        case .part(let name):
            DataFileError(
                path: path, problem: "in the archive, \(printable(name)) is damaged",
                remedy: "fetch the file again, or take it off the list")
        case .packing(let name):
            DataFileError(
                path: path, problem: "in the archive, \(printable(name)) is encrypted or compressed in another way",
                remedy: "save the array with numpy.savez or numpy.savez_compressed")
        case .tooLarge(let name):
            DataFileError(
                path: path,
                problem: "in the archive, \(printable(name)) is compressed and has more than \(byteLimit) bytes",
                remedy: "save it with numpy.savez, or scale the picture down")
        }
    }
}
