import Archives
import Checkpoints
import Datasets

/// What a file of arrays holds: those of MATLAB and NumPy. Of HDF5 only what it is.
package struct ArrayInspection: Encodable, Sendable {
    /// One array.
    package struct Row: Encodable, Sendable {
        /// Empty in `.npy` files, whose array has no name.
        package let name: String
        /// As the file names types: `double`, `cell`, `<f4` …
        package let type: String
        package let shape: [Int]
    }

    package let path: String
    /// `mat`, `npy`, `npz` or `hdf5`.
    package let format: String
    package let bytes: Int
    package let sha256: String
    package let rows: [Row]
    /// How to look inside, where no array is listed.
    package let note: String?

    /// Reads all of the file at `path`; nil where it is none of arrays.
    ///
    /// - Throws: `FileSystemError`; `InvalidFileError`.
    package init?(_ path: String) throws {
        switch try TensorFiles.content(ofFile: path) {
        case .mat5?, .mat4?, .octaveText?, .octaveBinary?:
            format = "mat"
            note = nil
            rows = try Self.named {
                try MATFile(path).variables().map { Row(name: $0.name, type: $0.className, shape: $0.dimensions) }
            }
        case .npy?, .npz?:
            let stored = try Self.named { try NumPyListing(path) }
            format = stored.isArchive ? "npz" : "npy"
            note = nil
            rows = stored.arrays.map { Row(name: $0.name, type: $0.type, shape: $0.shape) }
        case .hdf5(let writer)?:
            format = "hdf5"
            rows = []
            let what =
                switch writer {
                case .matlab: "a MAT file of version 7.3: MATLAB's whos -file shows its variables"
                case .octave: "a file of Octave's save -hdf5: Octave's whos -file shows its variables"
                case .keras: "a file of Keras: h5ls -r shows its layers"
                case .unknown: "HDF5: h5ls -r shows what is in it"
                }
            note = "it is \(what), and so does list(h5py.File(FILE)) in Python"
        default:
            return nil
        }
        self.path = path
        (sha256, bytes) = try SHA256.hexadecimalAndByteCount(ofFile: path)
    }

    /// What `body` gives; what a data set's file is refused for is told as of any other file.
    private static func named<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DataFileError {
            throw InvalidFileError(path: error.path, problem: error.problem, remedy: error.remedy)
        }
    }

    /// For people: names are shortened, and nothing of the file reaches the terminal but what can be seen.
    package var text: String {
        var lines: [String] = []
        if !rows.isEmpty {
            var table = TextTable(columns: ["array", "type", "shape"])
            for row in rows {
                let shape = "[\(row.shape.map(String.init).joined(separator: ", "))]"
                table.add([row.name.printableName, row.type.printableName, shape])
            }
            lines += [table.text, ""]
        }
        let count = rows.count == 1 ? "1 array" : "\(rows.count) arrays"
        lines.append("\(path): \(format), \(note == nil ? count + ", " : "")\(ByteText.of(bytes))")
        lines.append("SHA-256  \(sha256)")
        if let note { lines.append(note) }
        return lines.joined(separator: "\n")
    }
}
