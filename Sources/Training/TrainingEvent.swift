import Datasets
import Tasks

/// What a trainer tells about itself while it runs.
package enum TrainingEvent: Sendable {
    /// Before the first step, which is `step` (more than 0 when a run is resumed).
    case started(TrainingSummary)
    case stepped(StepReport)
    /// After the first step of a job of several ranks.
    case communicated(StepTraffic)
    case validated(step: Int, scores: [ValidationScore])
    /// Follows a validation, in runs that look for the best.
    case judged(step: Int, ValidationCourse)
    /// Samples as the network answers them now; comes with every validation, to the first rank.
    case pictured(step: Int, samples: [PicturedSample])
    /// How modulators and their last gradients are distributed; comes with every validation, to the first rank.
    case distributed(step: Int, parameters: [ParameterHistogram])
    /// Where time went since the session began, by rank; comes with every checkpoint and at the end.
    case timed(step: Int, ranks: [RankTimes])
    case savedCheckpoint(step: Int, path: String)
    /// Something that the user should know, such as a damaged checkpoint that was passed over.
    case noticed(String)
    /// The last step is done, or there was no gain for long, and all that follows from it is written.
    case finished(step: Int, result: TrainingResult)
    /// A signal ended the session early; its state is saved.
    case stopped(step: Int)
}

/// What is about to be trained.
package struct TrainingSummary: Sendable {
    package let step: Int
    package let steps: Int
    package let batch: Int
    package let ranks: Int
    /// The tasks and ranks of every group, where there are several.
    package let groups: [(tasks: [String], ranks: Range<Int>)]
    /// Of each rank.
    package let threads: Int
    package let instructionSet: String
    /// The options of the command line that choose its kernels.
    package let kernelOptions: [String]
    /// Floats that are trained, by task.
    package let parameters: [(task: String, count: Int)]
    package let bankParameters: Int
    package let arenaByteCount: Int
    /// The names of the classes of every task whose answers are classes.
    package let classNames: [String: [String]]
    /// The names of the classes or channels of every task.
    package let partNames: [String: [String]]
    /// The figures that a validation gives of every task, the primary one first.
    package let figures: [String: [MetricFigure]]
}

/// One step as it went.
package struct StepReport: Sendable {
    /// Steps done, this one included.
    package let step: Int
    package let steps: Int
    package let losses: [(task: String, value: Double)]
    package let learningRate: Double
    package let images: Int
    package let seconds: Double
    /// The part of `seconds` that was spent waiting for pictures.
    package let waitSeconds: Double
    /// The part of `seconds` that was spent waiting for what other ranks send.
    package let communicationSeconds: Double
    package let ranks: Int

    package init(
        step: Int, steps: Int, losses: [(task: String, value: Double)], learningRate: Double, images: Int,
        seconds: Double, waitSeconds: Double, communicationSeconds: Double, ranks: Int
    ) {
        self.step = step
        self.steps = steps
        self.losses = losses
        self.learningRate = learningRate
        self.images = images
        self.seconds = seconds
        self.waitSeconds = waitSeconds
        self.communicationSeconds = communicationSeconds
        self.ranks = ranks
    }
}

/// What a task reached on the validation samples, the primary metric first.
package struct ValidationScore: Sendable {
    package let task: String
    package let results: [MetricResult]
    /// Figures of the task's classes or channels, where there are any.
    package let breakdown: MetricBreakdown?
    /// Precision over recall of boundaries that were matched; nil of other tasks.
    package let curve: BoundaryCurve?
    /// The name of the figure that stands for the task in Δm; nil where nothing was scored.
    package let comparedFigure: String?

    init(task: LearningTask, _ score: TaskScore) {
        self.task = task.name
        results = score.results
        breakdown = score.breakdown
        curve = score.curve
        comparedFigure = RelativeImprovement.figure(of: task, in: results)?.name
    }

    /// Of a classifier, whose first figure stands for it.
    package init(classes name: String, results: [MetricResult]) {
        task = name
        self.results = results
        breakdown = nil
        curve = nil
        comparedFigure = results.first?.name
    }
}
