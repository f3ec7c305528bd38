import ArgumentParser
import Checkpoints
import Configuration
import Foundation
import Networks
import Reports
import Training

struct Initialize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a model without tasks, whose bank is a pretrained one's principal components.",
        discussion: """
            With all components, a task that is added starts as the pretrained net. --components and --energy leave some
            out: the bank and every task's modulators become smaller.

            Examples:
              modulor initialize models/rooms --from launch/recipes/rooms-bank.safetensors \\
                  --responses launch/recipes/demo.yaml
              modulor initialize models/small --from bank.safetensors --responses photos --energy 0.99
              launch/mpirun -n 4 initialize models/large --from bank.safetensors --responses my.yaml --images 5000
            """)

    @Argument(help: "The folder of the model, which must be new or empty.")
    var model: String

    @Option(help: .init("The pretrained bank.", valueName: "bank.safetensors"))
    var from: String

    @OptionGroup var responses: ResponseOptions
    @OptionGroup var kernels: KernelOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard responses.responses != nil else { throw ValidationError("name images with --responses") }
    }

    func run() throws {
        try Job.run { team in
            let file = try SafetensorsFile(path: from)
            let bank = try responses.initialize(file, kernels: kernels.kernels(), team: team) { done, all in
                if team.isFirst, done == all || done % 16 == 0 { Terminal.progress("block \(done)/\(all) of images") }
            }
            guard let bank else { return }
            let folder = try ModelFolder.create(
                at: model, describedBy: ModelDescription(ModelSettings(ofBank: file)), bank: bank.tensors,
                metadata: bank.metadata)
            Terminal.write(json ? try JSONOutput.object(bank.summary) : bank.text + "\nbank: \(folder.bankPath)\n")
        }
    }
}
