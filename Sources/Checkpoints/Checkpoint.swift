/// One complete checkpoint on disk, whose checksums hold.
package struct Checkpoint: Sendable, Equatable {
    /// The number of steps that were done when it was written.
    package let step: Int
    package let path: String
    /// The names of its files, sorted.
    package let files: [String]

    static let checksumsName = "checksums"

    /// Opens the safetensors file `name`.
    package func file(_ name: String) throws -> SafetensorsFile {
        guard files.contains(name) else {
            throw InvalidFileError(
                path: path,
                problem: "the checkpoint has no file \(quoted(name)), only \(files.joined(separator: ", "))",
                remedy: "resume with the tasks that the run began with")
        }
        return try SafetensorsFile(path: "\(path)/\(name)")
    }

    /// The bytes of its files.
    package func byteCount() throws -> Int {
        try files.reduce(0) { try $0 + FileReader(path: "\(path)/\($1)").byteCount }
    }

    /// Reads the folder `path` and proves that it holds the files which its checksums list, unchanged, and no other.
    init(verifying path: String, step: Int) throws {
        let listed = try Checkpoint.readChecksums("\(path)/\(Checkpoint.checksumsName)")
        let present = try Folder.names(in: path).filter { $0.first != "." && $0 != Checkpoint.checksumsName }
        for name in present where listed[name] == nil {
            throw Checkpoint.damage(path, "\(quoted(name)) is not in its checksums")
        }
        for (name, digest) in listed.sorted(by: { $0.key < $1.key }) {
            guard present.contains(name) else { throw Checkpoint.damage(path, "\(quoted(name)) is missing") }
            guard try SHA256.hexadecimal(ofFile: "\(path)/\(name)") == digest else {
                throw Checkpoint.damage(path, "the SHA-256 of \(quoted(name)) is not that in its checksums")
            }
        }
        self.step = step
        self.path = path
        files = listed.keys.sorted()
    }

    /// The lines that `sha256sum -c` reads, sorted by file.
    static func checksums(_ digests: [String: String]) -> String {
        digests.sorted { $0.key < $1.key }.map { "\($0.value)  \($0.key)\n" }.joined()
    }

    private static func readChecksums(_ path: String) throws -> [String: String] {
        let reader = try FileReader(path: path)
        guard reader.byteCount <= 1 << 20 else { throw damage(path, "it is too long for a list of checksums") }
        let bytes = try reader.bytes(at: 0, count: reader.byteCount)
        return try checksums(parsing: String(decoding: bytes, as: UTF8.self), path: path)
    }

    /// The digest of each file in a list of checksums, whose text stands in the file `path`.
    package static func checksums(parsing text: String, path: String) throws -> [String: String] {
        var digests: [String: String] = [:]
        for (index, line) in text.split(separator: "\n").enumerated() {
            let digest = line.prefix(64)
            let rest = line.dropFirst(64)
            let name = String(rest.dropFirst(2))
            guard
                SHA256.isHexadecimal(digest), rest.hasPrefix("  "), ModelDescription.isName(name),
                digests.updateValue(String(digest), forKey: name) == nil
            else { throw damage(path, "line \(index + 1) is not a checksum and the name of a file") }
        }
        guard !digests.isEmpty && text.hasSuffix("\n") else { throw damage(path, "it is truncated") }
        return digests
    }

    private static func damage(_ path: String, _ problem: String) -> InvalidFileError {
        InvalidFileError(path: path, problem: problem, remedy: "use an earlier checkpoint")
    }
}
