import Glibc

/// A new file that is written from start to end, and digested on the way.
///
/// Owns the descriptor. Writes go to the operating system as they come: tensors are large, and a copy would buy nothing.
package struct FileWriter: ~Copyable {
    /// The path that errors name; the file may stand aside under another name until it is complete.
    package let path: String
    private let descriptor: Int32
    private var digest = SHA256()

    /// Takes over `descriptor`, which is open for writing.
    package init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    /// Appends `bytes`. Throws `FileSystemError` (disk full, quota …).
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileSystemError) {
        digest.update(bytes)
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileSystemError(.write, path) }
            done += count
        }
    }

    /// Appends `bytes`.
    package mutating func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// Appends `text` as UTF-8.
    package mutating func write(_ text: String) throws {
        try write(Array(text.utf8))
    }

    /// The SHA-256 of everything written so far.
    package var hexadecimalDigest: String {
        digest.hexadecimal
    }

    /// Makes the disk hold what was written.
    func synchronize() throws(FileSystemError) {
        guard fsync(descriptor) == 0 else { throw FileSystemError(.write, path) }
    }

    /// Creates the file `location` (which must not exist), lets `body` write it, and synchronizes it; `path` is what
    /// errors name. Returns the SHA-256 of the file.
    static func create(
        _ location: String, reportedAs path: String, _ body: (inout FileWriter) throws -> Void
    ) throws -> String {
        let descriptor = open(location, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileSystemError(.write, path) }
        var writer = FileWriter(descriptor: descriptor, path: path)
        try body(&writer)
        try writer.synchronize()
        return writer.hexadecimalDigest
    }

    /// The SHA-256 of the file that `body` would write, without a file.
    static func digest(reportedAs path: String, _ body: (inout FileWriter) throws -> Void) throws -> String {
        let descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileSystemError(.write, "/dev/null") }
        var writer = FileWriter(descriptor: descriptor, path: path)
        try body(&writer)
        return writer.hexadecimalDigest
    }
}
