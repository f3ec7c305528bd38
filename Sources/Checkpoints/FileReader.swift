import Glibc

/// An open regular file, or bytes in memory in its place, read at any offset, from any thread.
///
/// Reads copy straight into the caller's memory. The file is not memory-mapped: one that shrinks while it is read must
/// end in an error, and a mapping would end the process (SIGBUS).
package struct FileReader: ~Copyable, Sendable {
    private enum Source {
        case descriptor(Int32)
        case memory([UInt8])
    }

    package let path: String
    /// The size of the file in bytes when it was opened.
    package let byteCount: Int
    private let source: Source

    /// Opens the file at `path`.
    package init(path: String) throws(FileSystemError) {
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
        source = .descriptor(descriptor)
    }

    /// A file that holds `bytes`; `path` is for messages.
    init(bytes: [UInt8], path: String) {
        self.path = path
        byteCount = bytes.count
        source = .memory(bytes)
    }

    deinit {
        if case .descriptor(let descriptor) = source { close(descriptor) }
    }

    /// Fills `buffer` with the bytes from `offset` on. A file that ended early is an input/output error.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileSystemError) {
        switch source {
        case .descriptor(let descriptor):
            var done = 0
            while done < buffer.count {
                let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw FileSystemError(.read, path, code: count < 0 ? errno : EIO) }
                done += count
            }
        case .memory(let bytes):
            guard offset >= 0, buffer.count <= bytes.count - offset else {
                throw FileSystemError(.read, path, code: EIO)
            }
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset...].prefix(buffer.count)))
            }
        }
    }

    /// The `count` bytes from `offset` on, which must lie in the file.
    func bytes(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        precondition(offset >= 0 && count >= 0 && count <= byteCount - offset, "bytes outside of the file")
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(FileSystemError) in try read(into: buffer, at: offset) }
        }
        try result.get()
        return bytes
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
