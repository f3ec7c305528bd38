import Checkpoints
import ConvolutionEngine
import Foundation
import TensorCore

/// What was measured on machines of one kind with one build of the program, as a JSON file that later runs read.
///
/// It holds nothing that cannot be measured again, so it may be removed at any time. Several processes may use it at once:
/// each adds what the others do not have.
package struct TimingCache {
    /// What timings hold for.
    private struct Machine: Codable, Equatable {
        let processor: String
        let isa: String
        /// The SHA-256 of the program's file: other kernels have other timings.
        let program: String
    }

    private struct Content: Codable {
        let machine: Machine
        let timings: ConvolutionTimings

        enum CodingKeys: String, CodingKey {
            case machine
            case timings = "milliseconds_per_image"
        }
    }

    private let machine: Machine
    package let path: String

    /// The file for this machine and program; nil where there is nowhere to put one.
    ///
    /// It lies in `modulor` in the folder `MODULOR_CACHE`, else `XDG_CACHE_HOME`, else `.cache` at home.
    package init?(
        _ instructionSet: InstructionSet, environment: [String: String],
        program: () throws -> String = { try SHA256.hexadecimal(ofFile: "/proc/self/exe") }
    ) {
        func folder(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        // By its specification XDG_CACHE_HOME counts only where it is absolute.
        let shared = folder("XDG_CACHE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        guard let base = folder("MODULOR_CACHE") ?? shared ?? folder("HOME").map({ $0 + "/.cache" }),
            let program = try? program()
        else { return nil }
        machine = Machine(
            processor: Processors.model(SystemFile.text("/proc/cpuinfo") ?? "") ?? "unknown processor",
            isa: instructionSet.rawValue, program: program)
        let words = machine.processor.split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.joined(separator: "-")
        path = "\(base)/modulor/convolutions-\(words)-\(machine.isa)-\(machine.program.prefix(16)).json"
    }

    /// What the file knows; nothing where there is none.
    ///
    /// - Throws: `InvalidFileError` where it is damaged or of another machine; `FileSystemError` where it cannot be read.
    package func read() throws -> ConvolutionTimings {
        guard FileManager.default.fileExists(atPath: path) else { return ConvolutionTimings() }
        guard let data = FileManager.default.contents(atPath: path) else { throw FileSystemError(.read, path) }
        let content: Content
        do {
            content = try JSONDecoder().decode(Content.self, from: data)
        } catch DecodingError.dataCorrupted {
            throw damage("it is no JSON, or is cut short")
        } catch {
            throw damage("it does not hold what was written there")
        }
        guard content.machine == machine else { throw damage("it is of another machine or program") }
        return content.timings
    }

    /// Adds timings to what the file knows, which stays where it is whole.
    package func add(_ timings: ConvolutionTimings) throws {
        let folder = (path as NSString).deletingLastPathComponent
        try Folder.create(folder)
        // Between reading and writing no other process may write.
        let lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard lock >= 0 else { throw FileSystemError(.write, path) }
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileSystemError(.write, path) }
        }
        var all = (try? read()) ?? ConvolutionTimings()
        all.add(timings)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = String(
            decoding: try encoder.encode(Content(machine: machine, timings: all)), as: UTF8.self)
        try AtomicFile.write(to: path) { try $0.write(text + "\n") }
    }

    private func damage(_ problem: String) -> InvalidFileError {
        InvalidFileError(path: path, problem: problem, remedy: "all of it is measured again")
    }
}
