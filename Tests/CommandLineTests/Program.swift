import Foundation
import Testing

/// The program under test, run as a person runs it.
struct Program {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// The built program, which stands beside the tests.
    static let location = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("modulor")

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Runs the program, which must succeed.
    static func succeed(_ arguments: String...) throws -> Outcome {
        let outcome = try run(arguments)
        try #require(outcome.status == 0, "\(arguments.joined(separator: " ")): \(outcome.errors)")
        return outcome
    }

    static func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
        try run(arguments, environment: environment)
    }

    /// Runs the program on several ranks through launch/mpirun, which is what a person types.
    static func run(
        ranks: Int, _ arguments: [String], environment: [String: String] = [:], seconds: Int = 300
    ) throws -> Outcome {
        let command = command(ranks: ranks, arguments)
        return try run(
            Array(command.words.dropFirst()), environment: command.environment.merging(environment) { $1 },
            seconds: seconds,
            executable: URL(fileURLWithPath: command.words[0]))
    }

    /// How the program is run on several ranks.
    static func command(ranks: Int, _ arguments: [String]) -> (words: [String], environment: [String: String]) {
        (
            [repository.appendingPathComponent("launch/mpirun").path, "-n", "\(ranks)"] + arguments,
            ["MODULOR_PROGRAM": location.path]
        )
    }

    /// Runs the program to its end; one that takes longer than `seconds` is ended and gives the status of a signal.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], seconds: Int = 120,
        executable: URL = location
    ) throws -> Outcome {
        try withTemporaryFolder { folder in
            // Files rather than pipes: a program never waits for somebody to read them.
            func file(_ name: String) throws -> FileHandle {
                let path = folder.appendingPathComponent(name)
                try Data().write(to: path)
                return try FileHandle(forWritingTo: path)
            }
            func text(_ name: String) throws -> String {
                String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
            }
            let process = Process()
            process.executableURL = executable
            process.arguments = arguments
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            process.standardOutput = try file("output")
            process.standardError = try file("errors")
            process.standardInput = FileHandle.nullDevice
            let ended = DispatchSemaphore(value: 0)
            process.terminationHandler = { _ in ended.signal() }
            try process.run()
            if ended.wait(timeout: .now() + .seconds(seconds)) == .timedOut {
                kill(process.processIdentifier, SIGKILL)
                ended.wait()
            }
            return Outcome(
                status: process.terminationStatus, output: try text("output"), errors: try text("errors"))
        }
    }
}

/// Gives `body` an empty folder, which is removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("modulor-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}
