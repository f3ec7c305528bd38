import ArgumentParser
import Reports

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Shows what a file of tensors or arrays, a model or a run holds: shapes, sizes, hashes, and what is shared.",
        discussion: """
            Examples:
              modulor inspect resnet18.pth
              modulor inspect runs/demo/model/bank.safetensors --json
              modulor inspect labels.mat
              modulor inspect runs/demo/model
              modulor inspect runs/demo
            """)

    @Argument(
        help: """
            A safetensors file, a file of torch.save, arrays of NumPy (.npy, .npz) or MATLAB (.mat), the folder of a model, \
            or that of a run.
            """)
    var path: String

    @OptionGroup var checksums: ChecksumOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let inspection = try GivenFile.use { try Inspection(path, checksums: checksums.request) }
        Terminal.write(json ? try JSONOutput.object(inspection) : inspection.text + "\n")
    }
}
