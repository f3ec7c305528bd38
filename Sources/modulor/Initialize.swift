import ArgumentParser
import Checkpoints
import Configuration
import Networks
import Reports
import Training

struct Initialize: RankCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a model from a pretrained network: a filter bank, and whole tasks where the file has them.",
        discussion: """
            Reads safetensors files and those of torch.save, without running anything in them. Known are ResNet-18, 34 \
            and 50 under torchvision's and timm's names, checkpoints of the official RCM code, and banks of modulor \
            pretrain. Backbone and width are read from the file.

            With --responses the bank's filters become the principal components of what they respond to images. With \
            all components, a task that is added starts as the pretrained net. --components and --energy leave some \
            out: the bank and every task's modulators become smaller.

            Examples:
              modulor initialize models/resnet18 --from resnet18.pth
              modulor initialize models/official --from model_last.pth
              modulor initialize models/resnet50 --from resnet50.pth --output-stride 8 --json
              modulor initialize models/resnet18-ri --from resnet18.pth --responses photos
              modulor initialize models/small --from bank.safetensors --responses my.yaml --energy 0.99
              launch/mpirun -n 4 initialize models/large --from resnet18.pth --responses my.yaml --images 5000
            """)

    @Argument(help: "The folder of the model, which is new or empty.")
    var model: String

    @Option(help: ArgumentHelp("The pretrained network.", valueName: "file"))
    var from: String

    @OptionGroup var network: NetworkOptions
    @OptionGroup var responses: ResponseOptions
    @OptionGroup var kernels: KernelOptions

    @OptionGroup var checksums: ChecksumOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Job.run { team in
            try GivenFile.use {
                let pretrained = try PretrainedNetwork(TensorFiles.open(from, checksums: checksums.request))
                let settings = try network.settings(for: pretrained)
                guard responses.areAsked else {
                    try team.first {
                        let folder = try pretrained.write(to: model, as: settings)
                        let report = ImportReport(pretrained, model: folder)
                        Terminal.write(json ? try JSONOutput.object(report) : report.text + "\n")
                    }
                    return
                }
                guard settings.method == .rcm else {
                    throw UsageError(
                        "--responses makes a bank for modulators, which method \(settings.method.rawValue) has not; "
                            + "leave out --method or --responses")
                }
                try team.first { try PretrainedNetwork.checkEmpty(model) }
                let bank = try responses.initialize(pretrained, kernels: kernels.request.kernels(), team: team) {
                    done, all in
                    if team.isFirst, done == all || done % 16 == 0 {
                        Terminal.progress("block \(done)/\(all) of images")
                    }
                }
                try team.first {
                    if let networks = pretrained.networks { Terminal.note("\(from) has \(networks.sentence)") }
                    let folder = try pretrained.write(
                        bank: bank!.tensors, metadata: bank!.metadata, to: model, as: settings)
                    let leftOver = pretrained.leftOver
                    Terminal.write(
                        json
                            ? try JSONOutput.object(bank!.summary(leftOver: leftOver))
                            : "\(bank!.text(leftOver: leftOver))\nbank: \(folder.bankPath)\n")
                }
            }
        }
    }
}
