import Glibc

/// An open regular file that is read at any offset, from any thread.
///
/// Reads copy straight into the caller's memory. The file is not memory-mapped: one that shrinks while it is read must
/// end in an error, and a mapping would end the process (SIGBUS).
struct FileReader: ~Copyable, Sendable {
    let path: String
    /// The size of the file in bytes when it was opened.
    let byteCount: Int
    private let descriptor: Int32

    init(path: String) throws(FileSystemError) {
        // Non-blocking, because opening a named pipe would otherwise wait for a writer; files do not care.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileSystemError(.read, path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let code = status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL
            close(descriptor)
            throw FileSystemError(.read, path, code: code)
        }
        self.path = path
        self.byteCount = Int(status.st_size)
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Fills `buffer` with the bytes from `offset` on. A file that ended early is an input/output error.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileSystemError) {
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw FileSystemError(.read, path, code: count < 0 ? errno : EIO) }
            done += count
        }
    }

    /// Hands over the `count` bytes from `offset` on, at most 1 MiB at a time, in order.
    func forEachPiece(
        from offset: Int = 0, count: Int? = nil, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let end = count.map { offset + $0 } ?? byteCount
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: min(1 << 20, end - offset), alignment: 64)
        defer { piece.deallocate() }
        var start = offset
        while start < end {
            let part = UnsafeMutableRawBufferPointer(rebasing: piece[..<min(piece.count, end - start)])
            try read(into: part, at: start)
            try body(UnsafeRawBufferPointer(part))
            start += part.count
        }
    }
}
