import Checkpoints
import Foundation

/// Keeps the folder of a run to one job, as long as this exists: two that write the same checkpoints would mix their
/// states. Where the file system has no locks, nothing is kept.
final class RunLock {
    private let descriptor: Int32

    /// Hidden, so that a folder that holds nothing else counts as empty.
    static let name = ".lock"

    /// - Throws: `UsageError` where another process has the folder; `FileSystemError`.
    init(folder path: String) throws {
        let file = "\(path)/\(Self.name)"
        let opened = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard opened >= 0 else { throw FileSystemError(.write, file) }
        guard FileLock.take(opened) else {
            close(opened)
            let holder = try? String(contentsOfFile: file, encoding: .utf8)
            let name = (holder ?? "another process").printable(limit: 200)
            throw UsageError("\(path) is being written by \(name); wait for its end, or choose another --output")
        }
        // For who is refused to read; the lock is what counts.
        ftruncate(opened, 0)
        let holder = "process \(getpid()) on \(ProcessInfo.processInfo.hostName)"
        _ = holder.withCString { write(opened, $0, strlen($0)) }
        descriptor = opened
    }

    deinit { close(descriptor) }
}
