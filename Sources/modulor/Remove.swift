import ArgumentParser
import Checkpoints
import Datasets

struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes a task out of a model; nothing else of it changes.",
        discussion: """
            Example:
              modulor remove depth --from runs/demo/model
            """)

    @Argument(help: "The task.")
    var task: String

    @Option(help: "The folder of the model.")
    var from: String

    func run() throws {
        let model = try GivenFile.use {
            let model = try ModelFolder(opening: from)
            try model.remove(task)
            return model
        }
        let left = try model.tasks()
        Terminal.line("\(from) has \(left.isEmpty ? "no task" : left.joined(separator: ", ")) now")
    }
}
