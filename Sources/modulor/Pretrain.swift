import ArgumentParser
import Configuration
import ConvolutionEngine
import Foundation
import TensorCore
import Training

struct Pretrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains a filter bank from scratch: the convolutions of a classifier.")

    @OptionGroup var options: ConfigurationOptions

    @Option(help: .init("The folder of the run, in place of output.directory.", valueName: "run"))
    var output: String?

    @OptionGroup var kernels: KernelOptions

    func run() throws {
        let configuration = try options.load(PretrainConfiguration.self)
        let pretraining = try Pretraining(configuration)
        let folder = output ?? configuration.output.directory
        try FilterBank.claim(run: folder)
        let bank = try pretraining.run(
            kernels: kernels.request.kernels(), pool: configuration.parallel.threadPool()
        ) { Terminal.progress("\($0)") }
        print("\(try bank.write(toRun: folder)): top-1 accuracy \(bank.accuracy)")
    }
}
