import ArgumentParser
import Configuration
import ConvolutionEngine
import Foundation
import TensorCore
import Training

struct Pretrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains a filter bank from scratch: the convolutions of a classifier.",
        discussion: """
            data.dataset is rooms, or folder with data.root in ImageNet's layout: train/CLASS/NAME.jpg, val/CLASS/NAME.jpg. \
            model.method puts modulators or adapters in place, which new tasks of that method then start from.

            Examples:
              modulor pretrain launch/recipes/rooms-bank.yaml
              modulor pretrain my.yaml --set model.method=ra_series --output runs/series-bank
              launch/mpirun -n 4 pretrain my.yaml --set data.dataset=folder --set data.root=imagenet
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: .init("The folder of the run, in place of output.directory.", valueName: "run"))
    var output: String?

    @OptionGroup var kernels: KernelOptions

    func run() throws {
        try Job.run { team in
            let configuration = try options.load(PretrainConfiguration.self)
            let pretraining = try Pretraining(configuration)
            let folder = output ?? configuration.output.directory
            try team.first { try FilterBank.claim(run: folder) }
            let bank = try pretraining.run(
                kernels: kernels.request.kernels(),
                pool: configuration.parallel.threadPool(on: team.processors), team: team
            ) { if team.isFirst { Terminal.progress("\($0)") } }
            try team.first {
                let path = try bank.write(toRun: folder)
                print("\(path): top-1 accuracy \(bank.accuracy.top1), top-5 \(bank.accuracy.top5)")
            }
        }
    }
}
