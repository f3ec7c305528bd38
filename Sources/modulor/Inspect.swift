import ArgumentParser
import Reports

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what a file of tensors, a model or a run holds: shapes, sizes, hashes, and what is shared.",
        discussion: """
            Examples:
              modulor inspect resnet18.pth
              modulor inspect runs/demo/model/bank.safetensors --json
              modulor inspect runs/demo/model
              modulor inspect runs/demo
            """)

    @Argument(help: "A safetensors file, a file of torch.save, the folder of a model, or that of a run.")
    var path: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let inspection = try GivenFile.use { try Inspection(path) }
        Terminal.write(json ? try JSONOutput.object(inspection) : inspection.text + "\n")
    }
}
