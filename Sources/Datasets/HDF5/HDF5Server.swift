import CHDF5
import Foundation

/// The process in which libhdf5 reads files for another one that has started it; see ``HDF5Process``.
///
/// What is wrong with a file can end it, or make it as large or slow as its limits allow, and no more.
package final class HDF5Server {
    /// What the program is started with, in the place of a command.
    package static let argument = "hdf5-server"

    private static let memoryLimit: UInt64 = 4 << 30
    /// Of one request.
    private static let seconds: UInt32 = 60
    /// Arrays that stay open, each with the chunks that were unpacked last.
    private static let mostArrays = 8

    /// An open array of a file as it was when it was opened.
    private struct Kept {
        let array: OpaquePointer
        let shape: chdf5_shape
        let file: [Int]
    }

    private var kept: [String: Kept] = [:]

    private init() {}

    /// Answers what comes in on standard input, which is a socket, until its other end is closed.
    package static func run() -> Never {
        chdf5_confine(memoryLimit)
        let server = HDF5Server()
        while let request = next() { server.answer(request) }
        exit(0)
    }

    private static func next() -> HDF5Message.Request? {
        guard let length = bytes(4), let count = HDF5Message.byteCount(length), let message = bytes(count) else {
            return nil
        }
        return try? JSONDecoder().decode(HDF5Message.Request.self, from: Data(message))
    }

    private static func bytes(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return chdf5_receive(0, &bytes, count, -1) == 0 ? bytes : nil
    }

    private func answer(_ request: HDF5Message.Request) {
        chdf5_allow(Self.seconds)
        var values: [Float] = []
        var answer = HDF5Message.Answer()
        do {
            try read(request, &answer, &values)
        } catch let error as DataFileError {
            (answer, values) = (HDF5Message.Answer(problem: error.problem, remedy: error.remedy), [])
        } catch {
            (answer, values) = (HDF5Message.Answer(problem: "\(error)", remedy: "look at the file"), [])
        }
        guard let message = try? HDF5Message.encoded(answer) else { exit(1) }
        guard chdf5_send(0, message, message.count) == 0,
            chdf5_send(0, values, values.count * MemoryLayout<Float>.stride) == 0
        else { exit(1) }
    }

    /// The array of a request, opened anew where its file is not what it was.
    private func opened(_ request: HDF5Message.Request, _ refusal: (String, String) -> DataFileError) throws -> Kept {
        var status = stat()
        _ = stat(request.path, &status)
        let file = [
            Int(status.st_dev), Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
        ]
        let key = request.path + "\0" + request.array
        if let known = kept[key], known.file == file { return known }
        if kept[key] != nil || kept.count == Self.mostArrays {
            for known in kept.values { chdf5_close(known.array) }
            kept = [:]
        }
        var array: OpaquePointer?
        var shape = chdf5_shape()
        try Self.check(
            withErrorText { chdf5_open(request.path, request.array, &array, &shape, $0, $1) }, refusal)
        let opened = Kept(array: array!, shape: shape, file: file)
        kept[key] = opened
        return opened
    }

    private func read(
        _ request: HDF5Message.Request, _ answer: inout HDF5Message.Answer, _ values: inout [Float]
    ) throws {
        func refusal(_ problem: String, _ remedy: String) -> DataFileError {
            DataFileError(path: request.path, problem: problem, remedy: remedy)
        }
        let opened = try opened(request, refusal)
        let (array, shape) = (opened.array, opened.shape)
        let sizes = withUnsafeBytes(of: shape.sizes) { Array($0.bindMemory(to: UInt64.self)) }
        let rank = Int(shape.rank)
        guard sizes[..<rank].allSatisfy({ $0 < 1 << 40 }) else {
            throw refusal("its shape is no shape", "look at the file")
        }
        answer.shape = sizes[..<rank].map { Int($0) }
        answer.kind =
            switch shape.kind {
            case CHDF5_BOOLEAN: .boolean
            case CHDF5_INTEGER: .integer
            default: .floatingPoint
            }
        guard request.wantsValues else { return }
        var starts = [UInt64](repeating: 0, count: rank)
        var counts = Array(sizes[..<rank])
        if let axis = request.axis {
            guard answer.shape.indices.contains(axis), (0..<answer.shape[axis]).contains(request.index) else { return }
            (starts[axis], counts[axis]) = (UInt64(request.index), 1)
        }
        let most = UInt64(NumPyArray.byteLimit / 8)
        let count = counts.reduce(UInt64(1)) { $0 > most ? $0 : $0.multipliedReportingOverflow(by: $1).partialValue }
        guard count <= most, counts.allSatisfy({ $0 <= most }) else {
            throw refusal(
                "\(request.axis == nil ? "it" : "a map of it") has more than \(most) values",
                "name one map of it in data.files, as \(request.array)[{index}]")
        }
        answer.valueCount = Int(count)
        values = [Float](repeating: 0, count: answer.valueCount)
        try Self.check(withErrorText { chdf5_read(array, starts, counts, &values, $0, $1) }, refusal)
    }

    private static func check(
        _ result: (status: Int32, text: String), _ refusal: (String, String) -> DataFileError
    ) throws {
        let text = printable(result.text, limit: 200)
        switch UInt32(result.status) {
        case CHDF5_OK.rawValue: return
        case CHDF5_NO_LIBRARY.rawValue:
            throw refusal(
                "it is an HDF5 file, and the library that reads such is not there (\(text))",
                "install libhdf5 1.10 or newer (Debian's libhdf5-103-1), or save the array with numpy.save")
        case CHDF5_NO_FILE.rawValue:
            throw refusal("the HDF5 file is damaged or cut short", "fetch the file again")
        case CHDF5_NO_ARRAY.rawValue:
            throw refusal(
                "it has no such array\(text.isEmpty ? "" : "; it has \(text)")",
                "name one of its arrays in data.files, as FILE:/NAME")
        case CHDF5_EXTERNAL_LINK.rawValue:
            throw refusal("the way to the array leads into another file, which is not followed", "name that file")
        case CHDF5_EXTERNAL_STORAGE.rawValue:
            throw refusal(
                "the values of the array lie in other files, which are not read", "copy it with h5py into one file")
        case CHDF5_FILTER.rawValue:
            throw refusal(
                "the array is packed with \(text), which is not read",
                "save it with h5py and compression='gzip', or without compression")
        case CHDF5_NO_NUMBERS.rawValue: throw refusal("it is no array of numbers: \(text)", "name another array")
        default:
            throw refusal("the array cannot be read: \(text)", "fetch the file again, or take it off the list")
        }
    }
}
