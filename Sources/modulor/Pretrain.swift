import ArgumentParser
import Configuration
import Training

struct Pretrain: RankCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains a filter bank from scratch: the convolutions of a classifier.",
        discussion: """
            data.dataset is rooms, or folder with data.root in ImageNet's layout: train/CLASS/NAME.jpg, val/CLASS/NAME.jpg. \
            model.method puts modulators or adapters in place, which new tasks of that method then start from. A run that \
            was stopped goes on with --resume and ends with the same bits; modulor watch and tensorboard show how it goes.

            Examples:
              modulor pretrain launch/recipes/rooms-bank.yaml
              modulor pretrain my.yaml --set model.method=ra_series --output runs/series-bank
              launch/mpirun -n 4 pretrain my.yaml --set data.dataset=folder --set data.root=imagenet --resume
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: .init("The folder of the run, in place of output.directory.", valueName: "run"))
    var output: String?

    @OptionGroup var resume: ResumeOptions

    @OptionGroup var kernels: TuningOptions

    func run() throws {
        try Job.run { team in
            let configuration = try options.load(PretrainConfiguration.self)
            let folder = output ?? configuration.output.directory
            let session = try TrainingSession(
                folder: folder, output: configuration.output, parallel: configuration.parallel, team: team
            ) {
                try resume.kernels(kernels.request).kernels(
                    pretraining: configuration, resuming: resume.isAsked ? folder : nil, team: team,
                    watch: { $0.show() })
            }
            let pretrainer = try Pretrainer(
                configuration, folder: folder, resume: resume.isAsked, restart: resume.restart,
                kernels: session.kernels, pool: session.pool, team: team, observe: session.observe)
            switch try pretrainer.run() {
            case .finished(let bank):
                guard team.isFirst else { break }
                Terminal.line(
                    "\(pretrainer.folder.bankPath): top-1 accuracy \(bank.accuracy.top1), top-5 \(bank.accuracy.top5)")
            case .stopped(let step):
                throw session.stopped(after: step)
            }
        }
    }
}
