import ArgumentParser
import Checkpoints

struct MergeModels: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge-models",
        abstract: "Makes one model of several that were trained over the same filter bank.",
        discussion: """
            Files are copied as they are, so every task predicts what it did. Models with another bank or network are \
            refused, and so are two different tasks of the same name.

            Example:
              modulor merge-models runs/a/model runs/b/model --output models/both
            """)

    @Argument(help: "The folders of the models.")
    var models: [String]

    @Option(help: "The folder of the new model; one that holds the same bank gains the tasks.")
    var output: String

    func validate() throws {
        guard models.count > 1 else { throw ValidationError("name at least two models") }
    }

    func run() throws {
        let target = try GivenFile.use {
            try ModelFolder.merge(models.map { try ModelFolder(opening: $0) }, at: output)
        }
        Terminal.line("\(output) has \(try target.tasks().joined(separator: ", "))")
    }
}
