import ArgumentParser
import Configuration
import Foundation
import Reports
import Training

struct Train: RankCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains the tasks of a configuration.",
        discussion: """
            Examples:
              modulor train launch/recipes/demo.yaml
              modulor train my.yaml --set training.batch=4 --output runs/small
              modulor train my.yaml --output runs/long --resume
              modulor train my.yaml --output runs/tuned --tune
              modulor train other-classes.yaml --from runs/long --output runs/finetuned
              launch/mpirun -n 2 train my.yaml --output runs/two --trace two.json
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "The folder of the run (default: output.directory of the configuration).")
    var output: String?

    @Option(
        help: .init(
            "Start from the weights of a model, a run or a checkpoint (RUN/checkpoints/STEP); short for model.from.",
            valueName: "model|run|checkpoint"))
    var from: String?

    @OptionGroup var resume: ResumeOptions

    @Option(
        help: """
            Write what every rank did when, in the last steps, to this file at the end; ui.perfetto.dev and \
            chrome://tracing open it.
            """)
    var trace: String?

    @OptionGroup var kernels: TuningOptions

    func validate() throws {
        guard trace.map({ $0.hasSuffix(".json") }) ?? true else {
            throw ValidationError("--trace names a file that ends in .json")
        }
    }

    func run() throws {
        try Job.run { team in
            var given = try options.load(RunConfiguration.self)
            if let from { given.model.from = URL(fileURLWithPath: from).standardizedFileURL.path }
            let folder = output ?? given.output.directory
            let configuration = try GivenFile.use {
                try given.startingFromWeights(resuming: resume.isAsked ? folder : nil, team: team)
            }
            _ = try Self.train(
                configuration, folder: folder, resume: resume, kernels: kernels.request, team: team, trace: trace)
        }
    }

    /// Trains, and tells the first rank's user how it goes.
    ///
    /// - Throws: `ExitCode` 75 where a signal stopped the run early.
    static func train(
        _ configuration: RunConfiguration, folder: String, resume: ResumeOptions, kernels request: KernelRequest,
        team: RankTeam, trace: String? = nil
    ) throws -> Trainer {
        let session = try TrainingSession(
            folder: folder, output: configuration.output, parallel: configuration.parallel, team: team
        ) {
            try resume.kernels(request).kernels(
                training: configuration, resuming: resume.isAsked ? folder : nil, team: team, watch: { $0.show() })
        }
        let trainer = try Trainer(
            configuration, folder: folder, resume: resume.isAsked, restart: resume.restart, kernels: session.kernels,
            pool: session.pool, team: team, trace: try team.trace(for: trace), observe: session.observe)
        let ending = try trainer.run()
        if let trace { try team.write(trainer.timelines(), to: trace) }
        switch ending {
        case .finished(let result):
            guard team.isFirst else { break }
            Terminal.line()
            Terminal.line(TrainingLog.table(result))
            Terminal.line("\npictures: \(trainer.folder.picturesPath)")
            Terminal.line("model: \(trainer.folder.modelPath), of step \(result.step)")
            if configuration.output.keepBest != .none, let best = result.course?.bestText {
                Terminal.line("best: \(trainer.folder.bestPath), \(best)")
            }
            // The model is trained and written; what tells of it must not make that a failure.
            do {
                Terminal.line("report: \(try RunReport(of: folder).write())")
            } catch {
                Terminal.note("no report: \(error)")
            }
        case .stopped(let step):
            throw session.stopped(after: step)
        }
        return trainer
    }
}
