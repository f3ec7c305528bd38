import ArgumentParser
import Testing
import modulor

/// What `--help` shows: examples, and options in the same words wherever they are.
@Suite struct ExamplesTests {
    private struct Command: CustomTestStringConvertible, Sendable {
        /// Such as `modulor bench step`.
        let name: String
        let examples: [String]
        let help: String

        var testDescription: String { name }
    }

    /// All commands that have no subcommands, and the program itself.
    private static let commands = gather(Modulor.self, name: "modulor")

    private static func gather(_ type: any ParsableCommand.Type, name: String) -> [Command] {
        let discussion = type.configuration.discussion.split(separator: "\n", omittingEmptySubsequences: false)
        let examples = discussion.drop { !$0.hasPrefix("Example") }.dropFirst()
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        let subcommands = type.configuration.subcommands
        let help = Modulor.helpMessage(for: type, includeHidden: false, columns: 100)
        let isOwn = subcommands.isEmpty || type == Modulor.self
        let own = isOwn ? [Command(name: name, examples: examples, help: help)] : []
        return own + subcommands.flatMap { gather($0, name: "\(name) \($0._commandName)") }
    }

    @Test("every command shows how it is used, in lines that its parser takes", arguments: commands)
    private func examples(_ command: Command) throws {
        #expect(!command.examples.isEmpty)
        var isShown = false
        for example in command.examples {
            let words = try #require(arguments(of: example), "\(example)")
            // The program's own examples lead to its commands.
            isShown = isShown || "modulor \(words.joined(separator: " "))".hasPrefix(command.name)
            do {
                _ = try Modulor.parseAsRoot(words)
            } catch {
                // Help and completions are asked for by "errors" of the parser.
                #expect(Modulor.exitCode(for: error).isSuccess, "\(example): \(error)")
            }
        }
        #expect(isShown, "no example runs \(command.name)")
    }

    @Test(
        "--set is told in the same words everywhere, and how a run was begun only where one goes on",
        arguments: commands)
    private func options(_ command: Command) {
        let words = command.help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(
            words.contains("--set <section.key=value> Change one key of the configuration; repeat it for several.")
                == command.help.contains("\n  --set "))
        #expect(words.contains("as the run was begun") == command.help.contains("\n  --resume "))
    }

    @Test("a line that no command takes would be seen")
    func wrongExample() throws {
        let words = try #require(arguments(of: "launch/mpirun -n 2 train my.yaml --fast"))
        #expect(throws: (any Error).self) { try Modulor.parseAsRoot(words) }
    }

    /// What the program is given by a line of a shell; nil where the line does not run it.
    private func arguments(of line: String) -> [String]? {
        let words = words(line)
        if words.first == "modulor" { return Array(words.dropFirst()) }
        guard words.first == "launch/mpirun", words.count > 3, words[1] == "-n", Int(words[2]) != nil else {
            return nil
        }
        return Array(words.dropFirst(words[3] == "--hostfile" ? 5 : 3))
    }

    /// Words as a shell splits them, single quotes taken off, up to where output goes to a file.
    private func words(_ line: String) -> [String] {
        var words: [String] = []
        for (index, part) in line.split(separator: "'", omittingEmptySubsequences: false).enumerated() {
            let pieces = part.split(separator: " ").map(String.init)
            words += index % 2 == 0 ? pieces : [String(part)]
        }
        return Array(words.prefix { $0 != ">" })
    }
}
