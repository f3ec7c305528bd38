import ArgumentParser
import Configuration
import ConvolutionEngine
import Foundation
import TensorCore
import Training

struct Pretrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains a filter bank from scratch: the convolutions of a classifier.")

    @Argument(help: "The configuration, a YAML file.")
    var config: String

    @Option(name: .customLong("set"), help: .init("Changes one key of the configuration.", valueName: "key=value"))
    var overrides: [String] = []

    @Option(help: .init("The folder of the run, in place of output.directory.", valueName: "run"))
    var output: String?

    func run() throws {
        let pretraining: Pretraining
        let folder: String
        do {
            let configuration = try PretrainConfiguration.load(path: config, overrides: overrides)
            pretraining = try Pretraining(configuration)
            folder = output ?? configuration.output.directory
            try FilterBank.claim(run: folder)
        } catch {
            say("\(error)")
            throw ExitCode(2)
        }
        let bank = try pretraining.run(
            kernels: Kernels(InstructionSet.best),
            pool: ThreadPool(threads: pretraining.configuration.parallel.threadCount)
        ) { say("\($0)") }
        print("\(try bank.write(toRun: folder)): top-1 accuracy \(bank.accuracy)")
    }

    /// Progress goes to standard error, which is written at once also where it is no terminal.
    private func say(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}
