import ArgumentParser
import Checkpoints
import Configuration
import Networks
import Reports

struct Initialize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a model from a pretrained network: a filter bank, and whole tasks where the file has them.",
        discussion: """
            Reads safetensors files and those of torch.save, without running anything in them. Known are ResNet-18, 34
            and 50 under torchvision's and timm's names, checkpoints of the official RCM code, and banks of modulor
            pretrain. Backbone and width are read from the file.

            Examples:
              modulor initialize models/resnet18 --from resnet18.pth
              modulor initialize models/wide --from bank.safetensors --aspp 128 --low 24
              modulor initialize models/official --from model_last.pth
              modulor initialize models/resnet50 --from resnet50.pth --output-stride 8 --json
            """)

    @Argument(help: "The folder of the model, which is new or empty.")
    var model: String

    @Option(help: ArgumentHelp("The pretrained network.", valueName: "file"))
    var from: String

    @OptionGroup var network: NetworkOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let report = try GivenFile.use {
            let pretrained = try PretrainedNetwork(TensorFiles.open(from))
            let settings = try network.settings(for: pretrained)
            return ImportReport(pretrained, model: try pretrained.write(to: model, as: settings))
        }
        Terminal.write(json ? try JSONOutput.object(report) : report.text + "\n")
    }
}
