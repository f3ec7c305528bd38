import ArgumentParser
import Configuration
import ConvolutionEngine
import Foundation
import Reports
import TensorCore
import Training

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains the tasks of a configuration.",
        discussion: """
            Examples:
              modulor train launch/recipes/demo.yaml
              modulor train my.yaml --set training.batch=4 --output runs/small
              modulor train my.yaml --output runs/long --resume
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "The folder of the run (default: output.directory of the configuration).")
    var output: String?

    @Flag(help: "Go on with the run in the folder, or start it if there is none.")
    var resume = false

    func run() throws {
        let configuration = try options.load(RunConfiguration.self)
        let log = TrainingLog(columns: Terminal.columns, logEvery: configuration.output.logEvery, write: Terminal.write)
        StopSignal.install()
        let trainer = try Trainer(
            configuration, folder: output ?? configuration.output.directory, resume: resume,
            kernels: try .chosen(), pool: configuration.parallel.threadPool(),
            observe: log.observe)
        switch try trainer.run() {
        case .finished(let result):
            print()
            print(TrainingLog.table(result))
            print("\npictures: \(result.sheetPath)\nmodel: \(trainer.folder.modelPath)")
        case .stopped(let step):
            Terminal.note("stopped after step \(step), which is saved; go on with --resume")
            throw ExitCode(75)
        }
    }
}
