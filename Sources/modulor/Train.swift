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

    @OptionGroup var kernels: KernelOptions

    func run() throws {
        try Job.run { team in
            let configuration = try options.load(RunConfiguration.self)
            _ = try Self.train(
                configuration, folder: output ?? configuration.output.directory, resume: resume,
                kernels: kernels.kernels(), team: team)
        }
    }

    /// Trains, and tells the first rank's user how it goes.
    ///
    /// - Throws: `ExitCode` 75 where a signal stopped the run early.
    static func train(
        _ configuration: RunConfiguration, folder: String, resume: Bool, kernels: Kernels, team: RankTeam
    ) throws -> Trainer {
        let log = TrainingLog(
            columns: Terminal.columns, logEvery: configuration.output.logEvery, write: Terminal.write)
        StopSignal.install()
        let pool = configuration.parallel.threadPool(on: team.processors)
        try Job.introduce(team, pool, kernels)
        let trainer = try Trainer(
            configuration, folder: folder, resume: resume, kernels: kernels, pool: pool, team: team,
            observe: { if team.isFirst { log.observe($0) } })
        switch try trainer.run() {
        case .finished(let result):
            guard team.isFirst else { break }
            print()
            print(TrainingLog.table(result))
            print("\npictures: \(result.sheetPath)\nmodel: \(trainer.folder.modelPath)")
        case .stopped(let step):
            if team.isFirst { Terminal.note("stopped after step \(step), which is saved; go on with --resume") }
            throw ExitCode(75)
        }
        return trainer
    }
}
