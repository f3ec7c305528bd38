import Archives

/// The arrays of a `.npy` or `.npz` file by names, types and shapes: of any type, also of those that are not read.
package struct NumPyListing: Sendable {
    /// An array as its header describes it.
    package struct Entry: Sendable, Equatable {
        /// Without `.npy`; empty where the file is one array.
        package let name: String
        /// NumPy's text for the elements, such as `<f4`.
        package let type: String
        package let shape: [Int]
    }

    /// In the order of the file.
    package let arrays: [Entry]
    package let isArchive: Bool

    /// Reads all of the file at `path`.
    /// - Throws: ``DataFileError`` when it cannot be read or is damaged.
    package init(_ path: String) throws {
        try self.init(contents(ofFile: path), path: path)
    }

    /// Uses the bytes of a file; `path` is for messages.
    package init(_ bytes: [UInt8], path: String) throws {
        isArchive = bytes.starts(with: ZipArchive.signature)
        func header(_ bytes: [UInt8], _ name: String) throws -> Entry {
            do {
                let header = try NumPyHeader(bytes)
                return Entry(name: name, type: header.type, shape: header.shape)
            } catch {
                let place = name.isEmpty ? "" : "in the archive, \(printable(name)): "
                throw DataFileError(path: path, problem: place + error.problem, remedy: error.remedy)
            }
        }
        guard isArchive else {
            arrays = [try header(bytes, "")]
            return
        }
        do {
            let archive = try ZipArchive(byteCount: bytes.count) { Array(bytes[$0..<$0 + $1]) }
            arrays = try archive.parts.filter { $0.name.hasSuffix(".npy") }.map { part in
                let contents = try ZipArchive.contents(of: part, in: bytes, byteLimit: NumPyArray.byteLimit)
                return try header(contents, String(part.name.dropLast(4)))
            }
        } catch let problem as ZipArchive.Problem {
            throw NumPyArray.refusal(problem, path: path)
        }
    }
}
