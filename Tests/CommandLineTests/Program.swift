import Foundation
import ProgramTesting
import Testing

/// The program under test, run as a person runs it.
struct Program {
    typealias Outcome = ForeignProgram.Outcome

    /// The built program, which stands beside the tests.
    static let location = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("modulor")

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Runs the program, which must succeed.
    @discardableResult
    static func succeed(_ arguments: String...) throws -> Outcome { try succeed(arguments) }

    @discardableResult
    static func succeed(_ arguments: [String]) throws -> Outcome {
        let outcome = try run(arguments)
        try #require(outcome.status == 0, "\(arguments.joined(separator: " ")): \(outcome.errors)")
        return outcome
    }

    static func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
        try run(arguments, environment: environment)
    }

    /// Runs the program on several ranks through launch/mpirun, which is what a person types.
    static func run(
        ranks: Int, under mpi: InstalledMPI = .ofPath, _ arguments: [String], environment: [String: String] = [:],
        seconds: Int = 300
    ) throws -> Outcome {
        let command = command(ranks: ranks, mpi.options + arguments)
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

    /// Runs the program to its end; one that takes longer than `seconds` is ended, which gives 124 or a signal's number.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], seconds: Int = 120,
        executable: URL = location
    ) throws -> Outcome {
        try ForeignProgram(at: executable.path).run(arguments, environment: environment, seconds: seconds)
    }
}
