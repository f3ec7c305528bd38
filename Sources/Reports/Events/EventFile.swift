import Checkpoints
import Foundation

/// The checksum of TensorFlow's record files: CRC-32C (Castagnoli, RFC 3720 appendix B.4), masked so that the checksum
/// of bytes that hold their own checksum is not degenerate.
package enum CRC32C {
    /// By byte, with the polynomial 0x1EDC6F41 reflected.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
    }

    /// The plain checksum, as other formats have it: that of "123456789" is 0xE306_9283.
    package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
    }

    /// Rotated right by 15 bits, plus a constant.
    package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let sum = checksum(bytes)
        return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
    }
}

/// The framing of TensorFlow's record files: for each record its length (8 bytes), the masked CRC-32C of those, the
/// bytes, and their masked CRC-32C; numbers are little-endian.
package enum RecordFile {
    /// `payload` as a record.
    package static func record(_ payload: [UInt8]) -> [UInt8] {
        let length = bytes(UInt64(payload.count))
        return length + bytes(CRC32C.masked(length)) + payload + bytes(CRC32C.masked(payload))
    }

    /// How far a file was read.
    package struct Reading: Equatable {
        /// Bytes of whole records.
        package internal(set) var byteCount = 0
        /// What is wrong behind them where the file is damaged; records behind the damage cannot be found.
        package internal(set) var damage: String?

        /// Nothing was read yet.
        package init() {}
    }

    /// Hands over the records of a file, in order, as far as they are whole.
    ///
    /// The last record of a program that was killed, or that is writing now, may be cut short; that is no damage.
    /// - Parameters:
    ///   - file: the bytes behind what was read before.
    ///   - reading: how far the file was read before; moved on by what is whole. Behind damage nothing is read.
    package static func read(
        _ file: Data, after reading: inout Reading, _ body: (Data) throws -> Void
    ) rethrows {
        var rest = file[...]
        while reading.damage == nil, rest.count >= 12 {
            let length = number(rest.prefix(8))
            guard number(rest.dropFirst(8).prefix(4)) == UInt64(CRC32C.masked(rest.prefix(8))) else {
                reading.damage = "the checksum of the length at byte \(reading.byteCount) does not hold"
                return
            }
            guard length <= UInt64(rest.count) - 12, UInt64(rest.count) - 12 - length >= 4 else { return }
            let payload = rest.dropFirst(12).prefix(Int(length))
            rest = rest.dropFirst(12 + Int(length))
            guard number(rest.prefix(4)) == UInt64(CRC32C.masked(payload)) else {
                reading.damage = "the checksum of the record at byte \(reading.byteCount) does not hold"
                return
            }
            rest = rest.dropFirst(4)
            try body(payload)
            reading.byteCount += 16 + Int(length)
        }
    }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian, Array.init)
    }

    private static func number(_ bytes: Data) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

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
