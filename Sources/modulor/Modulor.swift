import ArgumentParser
import TensorCore

@main
struct Modulor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modulor", abstract: "Trains multi-task networks over a shared, frozen filter bank.",
        discussion: "Exit status: 0 done, 1 failed, 2 bad arguments or configuration, 75 stopped early but resumable.",
        version: "0.1.0",
        subcommands: [
            Train.self, Pretrain.self, Verify.self, Bench.self, DataCommand.self, Doctor.self,
        ])

    /// The statuses of failures; ``ExitCode`` is thrown for others.
    private enum Status {
        static let failed = ExitCode(1)
        static let badRequest = ExitCode(2)
    }

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            exit(withError: status(of: error))
        }
    }

    /// Tells what is to be told of an error, and gives the status to end with.
    private static func status(of error: any Error) -> ExitCode {
        switch error {
        case let code as ExitCode:
            return code
        case let error as any RequestError:
            Terminal.note("\(error)")
            return Status.badRequest
        case _ where exitCode(for: error).isSuccess:
            // Help and version are asked for by "errors" of the parser.
            Terminal.write(fullMessage(for: error) + "\n")
            return .success
        case _ where exitCode(for: error) == .validationFailure:
            let prefix = "Error: "
            let message = fullMessage(for: error)
            Terminal.note(message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message)
            return Status.badRequest
        default:
            Terminal.note("\(error)")
            return Status.failed
        }
    }
}
