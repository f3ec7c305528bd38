import Configuration
import ConvolutionEngine
import Foundation
import Reports
import TensorCore
import Training

/// A run of a few small steps, recorded as `modulor train` records it, in a folder that is removed with its owner.
final class SmallRun {
    let root = NSTemporaryDirectory() + "modulor-" + UUID().uuidString
    var path: String { root + "/run" }

    private static let configuration = """
        model: {width: 4, method: rcm, aspp: 8, low: 4}
        tasks: {semseg: {weight: 1}, normals: {weight: 10}, edge: {weight: 50}}
        data: {crop: [33, 40], workers: 1, rooms: {train: 7, validation: 5, size: [36, 44]}}
        training: {iterations: 6, batch: 3, validate_every: 2, checkpoint_every: 2, learning_rate: 0.01}
        """

    init() throws { try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Trains, and asks to stop after `stop` steps of this session. `observe` hears what the recorder hears.
    func train(
        _ overrides: [String] = [], resume: Bool = false, stopAfter stop: Int? = nil,
        observe: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws {
        let recorder = EventRecorder(folder: path, version: "1.2.3", command: ["modulor", "train", "it's <mine>.yaml"])
        {
            preconditionFailure($0)
        }
        var steps = 0
        let trainer = try Trainer(
            RunConfiguration.parse(Self.configuration, file: "test.yaml", overrides: overrides), folder: path,
            resume: resume,
            kernels: Kernels(.best, choice: .auto), pool: ThreadPool(threads: 2),
            shouldStop: {
                steps += 1
                return steps == stop
            },
            observe: {
                recorder.observe($0)
                observe($0)
            })
        _ = try trainer.run()
    }

    /// The event files, the oldest first.
    var eventFiles: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.contains("tfevents") }.sorted()
                .map { "\(path)/\($0)" }
        }
    }
}

/// A program of the user's, such as Python; nil where it is not in PATH.
struct ForeignProgram {
    let path: String

    /// - Parameter variable: an environment variable that names the program where it is not in PATH.
    init?(_ names: [String], variable: String? = nil) {
        let environment = ProcessInfo.processInfo.environment
        let named = variable.flatMap { environment[$0] }.map { [$0] } ?? []
        let folders = (environment["PATH"] ?? "").split(separator: ":")
        let candidates = named + names.flatMap { name in folders.map { "\($0)/\(name)" } }
        guard let path = candidates.first(where: FileManager.default.isExecutableFile) else { return nil }
        self.path = path
    }

    /// Runs the program to its end and gives its status and what it wrote to standard output.
    func run(_ arguments: [String], seconds: Int = 120) throws -> (status: Int32, output: String) {
        let file = NSTemporaryDirectory() + "modulor-output-" + UUID().uuidString
        try Data().write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: file)
        process.standardError = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        if ended.wait(timeout: .now() + .seconds(seconds)) == .timedOut {
            kill(process.processIdentifier, SIGKILL)
            ended.wait()
        }
        return (process.terminationStatus, try String(contentsOfFile: file, encoding: .utf8))
    }
}
