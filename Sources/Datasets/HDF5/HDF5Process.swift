import CHDF5
import Foundation

/// Reads arrays of HDF5 files in a process of its own, with limits of memory and time: libhdf5 is a large parser, and files
/// come from anywhere.
///
/// There is one such process for all threads. It is this program once more, started when the first file is read, and it ends
/// with whoever started it. Where a file ends it, that file's reader is told so, and the next one has a new process.
final class HDF5Process: @unchecked Sendable {
    static let shared = HDF5Process()

    /// Guards the one below; held while the process works.
    private let lock = NSLock()
    private var running: (identifier: Int32, socket: Int32)?

    /// Milliseconds without a word after which the process is given up. A file may lie behind a slow network.
    private static let patience: Int32 = 120_000

    /// An array's shape alone.
    ///
    /// - Throws: as ``read(_:array:axis:index:)``.
    func shape(_ path: String, array: String) throws -> [Int] {
        try ask(HDF5Message.Request(path: path, array: array, axis: nil, index: 0, wantsValues: false)).answer.shape
    }

    /// An array, or one place along an axis of it, without that axis.
    ///
    /// - Throws: ``DataFileError`` where the file is damaged, has no such array, or keeps it in a way that is not read, and
    ///   where reading it ended the process.
    func read(_ path: String, array: String, axis: Int? = nil, index: Int = 0) throws -> NumPyArray {
        let (answer, values) = try ask(
            HDF5Message.Request(path: path, array: array, axis: axis, index: index, wantsValues: true))
        var shape = answer.shape
        if let axis { shape.remove(at: axis) }
        let kind: NumPyArray.NumberKind =
            switch answer.kind {
            case .boolean: .boolean
            case .integer: .integer
            case .floatingPoint: .floatingPoint
            }
        return NumPyArray(shape: shape, kind: kind, values: values)
    }

    private func ask(_ request: HDF5Message.Request) throws -> (answer: HDF5Message.Answer, values: [Float]) {
        lock.lock()
        defer { lock.unlock() }
        func refusal(_ problem: String, _ remedy: String) -> DataFileError {
            DataFileError(
                path: request.path + (request.array.isEmpty ? "" : ":/\(request.array)"), problem: problem,
                remedy: remedy)
        }
        do {
            let (answer, values) = try answer(to: request)
            if let problem = answer.problem { throw refusal(problem, answer.remedy) }
            return (answer, values)
        } catch let problem as ProcessProblem {
            throw refusal(
                "the process that reads HDF5 files \(end(problem)) over it",
                "the file may be damaged: fetch it again, or take it off the list")
        }
    }

    /// Something between the processes is not as it should be.
    private enum ProcessProblem: Error {
        case notStarted(Int32)
        case ended
        case tooSlow
    }

    private func answer(
        to request: HDF5Message.Request
    ) throws -> (answer: HDF5Message.Answer, values: [Float]) {
        let socket = try started()
        let message = try HDF5Message.encoded(request)
        guard chdf5_send(socket, message, message.count) == 0 else { throw ProcessProblem.ended }
        guard let length = HDF5Message.byteCount(try receive(4, from: socket)) else { throw ProcessProblem.ended }
        let data = Data(try receive(length, from: socket))
        guard let answer = try? JSONDecoder().decode(HDF5Message.Answer.self, from: data) else {
            throw ProcessProblem.ended
        }
        guard answer.problem == nil, request.wantsValues else { return (answer, []) }
        // Whatever the process says, no more is taken than a map may have.
        var shape = answer.shape
        if let axis = request.axis {
            guard shape.indices.contains(axis) else { throw ProcessProblem.ended }
            shape.remove(at: axis)
        }
        let most = NumPyArray.byteLimit / 8
        let count = shape.reduce(1) { $0 < 0 || $1 < 0 || $1 > most || $0 > most ? -1 : $0 * $1 }
        guard (0...most).contains(count), answer.valueCount == count else { throw ProcessProblem.ended }
        let bytes = try receive(count * MemoryLayout<Float>.stride, from: socket)
        return (answer, bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) })
    }

    private func receive(_ count: Int, from socket: Int32) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        switch UInt32(chdf5_receive(socket, &bytes, count, Self.patience)) {
        case CHDF5_DONE.rawValue: return bytes
        case CHDF5_SILENT.rawValue: throw ProcessProblem.tooSlow
        default: throw ProcessProblem.ended
        }
    }

    // MARK: the process

    private func started() throws -> Int32 {
        if let running { return running.socket }
        var (identifier, socket): (Int32, Int32) = (0, 0)
        let code = chdf5_start(HDF5Server.argument, &identifier, &socket)
        guard code == 0 else { throw ProcessProblem.notStarted(code) }
        running = (identifier, socket)
        return socket
    }

    /// Ends the process and says how it came to it.
    private func end(_ problem: ProcessProblem) -> String {
        if case .notStarted(let code) = problem { return "could not be started (\(String(cString: strerror(code))))" }
        guard let (identifier, socket) = running else { return "could not be started" }
        running = nil
        let status = chdf5_end(identifier, socket)
        if case .tooSlow = problem { return "said nothing for \(Self.patience / 1000) seconds" }
        let number = status & 0x7F
        return switch number {
        case 0: "ended with status \(status >> 8 & 0xFF)"
        case SIGXCPU: "took more time than it may"
        default: "was ended by signal \(number) (\(String(cString: strsignal(number))))"
        }
    }
}
