import Checkpoints
import Foundation

/// An event file that is being written: one session of a run, for TensorBoard and for `modulor report`.
///
/// Records go to the system as they come, so whoever reads sees all but the last. While the file is open it is locked
/// (flock): whoever finds it unlocked knows that its writer is gone.
package final class EventFile {
    package let path: String
    private var writer: FileWriter

    static let prefix = "events.out.tfevents."

    /// Starts a file in `folder`, named so that it sorts behind the earlier ones.
    ///
    /// - Parameter step: the first step that is told of; what earlier files say of it and later ones becomes void.
    /// - Throws: `FileSystemError`.
    package init(in folder: String, step: Int, at time: Date = Date()) throws {
        // TensorBoard reads files in the order of their names. Clocks may stand behind an earlier session's.
        let newest = try EventFile.paths(in: folder).last.map { ($0 as NSString).lastPathComponent }
        let earlier = newest.flatMap { Int($0.dropFirst(EventFile.prefix.count).prefix { $0 != "." }) } ?? 0
        let seconds = max(Int(time.timeIntervalSince1970), earlier + 1)
        let host = ProcessInfo.processInfo.hostName
        path = "\(folder)/\(EventFile.prefix)\(String(format: "%010d", seconds)).\(host).\(getpid())"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileSystemError(.write, path) }
        // Where that fails, a run only looks as if it had stopped; nobody's lock keeps it from training.
        _ = FileLock.take(descriptor)
        writer = FileWriter(descriptor: descriptor, path: path)
        var version = TensorBoardEvent()
        version.fileVersion = "brain.Event:2"
        try write(version, at: time)
        var start = TensorBoardEvent()
        start.step = Int64(step)
        start.sessionLog.status = .start
        try write(start, at: time)
    }

    /// Appends an event with the time of its writing.
    func write(_ event: TensorBoardEvent, at time: Date = Date()) throws {
        var event = event
        event.wallTime = time.timeIntervalSince1970
        try writer.write(RecordFile.record([UInt8](event.serializedData())))
    }

    /// The event files of a run, the oldest first.
    static func paths(in folder: String) throws -> [String] {
        try Folder.names(in: folder).filter { $0.hasPrefix(prefix) }.map { "\(folder)/\($0)" }
    }

    /// What a file holds now behind its first `start` bytes.
    ///
    /// - Throws: `FileSystemError`.
    static func bytes(of path: String, from start: Int) throws -> Data {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            try file.seek(toOffset: UInt64(start))
            return try file.readToEnd() ?? Data()
        } catch {
            throw FileSystemError(.read, path)
        }
    }

    /// Whether a process writes the file now.
    static func isBeingWritten(_ path: String) -> Bool { FileLock.isTaken(path) }
}
