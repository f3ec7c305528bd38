import Tasks
import Training

/// What a session of a run told of itself when it began: from one start or resumption to its end.
package struct SessionFacts: Codable, Sendable, Equatable {
    package let version: String
    /// As it was typed, the program first.
    package let command: [String]
    package let host: String
    /// Steps that were done before.
    package let step: Int
    package let steps: Int
    package let batch: Int
    package let ranks: Int
    package let threads: Int
    package let instructionSet: String
    /// The options that chose the kernels; nil in runs of version 0.1.0 that were recorded before they were.
    package let kernelOptions: [String]?
    package let tasks: [Parameters]
    package let bankParameters: Int
    package let arenaByteCount: Int
    /// By task; nil in runs of version 0.1.0 that were recorded before names were.
    package let classNames: [String: [String]]?
    /// Of every task, those that a validation gives; nil in runs of version 0.1.0 that were recorded before they were.
    package let figures: [String: [MetricFigure]]?

    /// A task, and how many floats are trained for it.
    package struct Parameters: Codable, Sendable, Equatable {
        package let task: String
        package let count: Int
    }

    package init(_ summary: TrainingSummary, command: [String], host: String) {
        version = Release.version
        self.command = command
        self.host = host
        step = summary.step
        steps = summary.steps
        batch = summary.batch
        ranks = summary.ranks
        threads = summary.threads
        instructionSet = summary.instructionSet
        kernelOptions = summary.kernelOptions
        tasks = summary.parameters.map { Parameters(task: $0.task, count: $0.count) }
        bankParameters = summary.bankParameters
        arenaByteCount = summary.arenaByteCount
        classNames = summary.classNames
        figures = summary.figures
    }
}
