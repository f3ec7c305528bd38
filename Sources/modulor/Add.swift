import ArgumentParser
import Configuration
import Datasets
import Training

struct Add: RankCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains one more task for a finished model, of which nothing else changes.",
        discussion: """
            The task is trained over the model's filter bank in a run of its own, which --resume goes on with; then its \
            file appears among the model's tasks. The configuration tells data and training; the network is the model's.

            Example:
              modulor add depth --to runs/demo/model launch/recipes/demo.yaml --output runs/demo-depth
            """)

    @Argument(
        help:
            "The task: one under tasks of the configuration, or a preset (\(LearningTask.presets.map(\.name).joined(separator: ", ")))."
    )
    var task: String

    @Option(help: "The folder of the model.")
    var to: String

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "The folder of the run (default: output.directory of the configuration, and the task's name).")
    var output: String?

    @OptionGroup var resume: ResumeOptions

    @OptionGroup var kernels: TuningOptions

    func run() throws {
        try Job.run { team in
            let settings = try options.load(RunConfiguration.self)
            let addition = try GivenFile.use { try TaskAddition(task, to: to, settings, team: team) }
            if team.isFirst, let notice = addition.notice { Terminal.note(notice) }
            let trainer = try Train.train(
                addition.configuration, folder: output ?? "\(settings.output.directory)-\(task)",
                resume: resume, kernels: kernels.request, team: team)
            try team.first {
                if let path = try addition.complete(from: trainer.folder) { Terminal.line("task: \(path)") }
            }
        }
    }
}
