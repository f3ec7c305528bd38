import Tasks

/// What a trainer tells about itself while it runs.
package enum TrainingEvent: Sendable {
    /// Before the first step, which is `step` (more than 0 when a run is resumed).
    case started(TrainingSummary)
    case stepped(StepReport)
    /// After the first step of a job of several ranks.
    case communicated(StepTraffic)
    case validated(step: Int, scores: [ValidationScore])
    case savedCheckpoint(step: Int, path: String)
    /// Something that the user should know, such as a damaged checkpoint that was passed over.
    case noticed(String)
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
    /// Floats that are trained, by task.
    package let parameters: [(task: String, count: Int)]
    package let bankParameters: Int
    package let arenaByteCount: Int
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
}

/// What a task reached on the validation samples, the primary metric first.
package struct ValidationScore: Sendable {
    package let task: String
    package let results: [MetricResult]
}
