import ArgumentParser
import Datasets
import TensorCore
import Training

@main
package struct Modulor: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "modulor", abstract: "Trains multi-task networks over a shared, frozen filter bank.",
        discussion: """
            Exit status: 0 done, 1 failed, 2 bad arguments or configuration, 75 stopped early but resumable.

            Examples:
              modulor doctor
              modulor train launch/recipes/demo.yaml --output runs/demo
              modulor watch runs/demo
              modulor --generate-completion-script bash > modulor.bash
            """,
        version: Release.version,
        subcommands: [
            Train.self, Watch.self, Report.self, Add.self, Remove.self, MergeModels.self, Pretrain.self,
            Initialize.self, Evaluate.self, Predict.self, Export.self, Inspect.self, Plan.self, Verify.self, Bench.self,
            DataCommand.self, StudyCommand.self, Doctor.self,
        ])

    package init() {}

    /// The statuses of failures; ``ExitCode`` is thrown for others.
    private enum Status {
        static let failed = ExitCode(1)
        static let badRequest = ExitCode(2)
    }

    package static func main() {
        // Not a command: what this program starts to read files in a process of its own.
        if CommandLine.arguments.dropFirst().first == HDF5Server.argument { HDF5Server.run() }
        var code = ExitCode.success
        do {
            var command = try Job.alike {
                let command = try parseAsRoot()
                if !(command is any RankCommand) { try Job.refuseSeveral() }
                return command
            }
            try command.run()
        } catch {
            code = status(of: error)
        }
        if code == .success, Terminal.isDeaf.load(ordering: .relaxed) {
            Terminal.note("standard output could not be written to its end; see whether its disk is full")
            code = Status.failed
        }
        exit(withError: code)
    }

    /// Tells what is to be told of an error, and gives the status to end with.
    private static func status(of error: any Error) -> ExitCode {
        let code = code(of: error)
        let message = fullMessage(for: error)
        switch error {
        case is ExitCode: break
        case _ where code == .success:
            // Help and version are asked for by "errors" of the parser.
            Terminal.write(message + "\n")
        case _ where exitCode(for: error) == .validationFailure:
            let prefix = "Error: "
            Terminal.note(message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message)
        default: Terminal.note("\(error)")
        }
        return code
    }

    /// The status that an error ends the program with.
    static func code(of error: any Error) -> ExitCode {
        switch error {
        case let code as ExitCode: code
        case is any RequestError: Status.badRequest
        case let error as FirstRankError: error.isRequest ? Status.badRequest : Status.failed
        case _ where exitCode(for: error).isSuccess: .success
        case _ where exitCode(for: error) == .validationFailure: Status.badRequest
        default: Status.failed
        }
    }
}
