import Checkpoints
import Configuration
import Datasets
import Foundation
import Tasks
import Training

/// One method trained once: the runs of one seed, one run or one for each task.
struct StudyCell {
    struct Run {
        /// `figures.json`: what `modulor evaluate --json` said of the run's model.
        let figures: EvaluationReport
        let history: RunHistory
        let parameters: FleetComparison
        let configuration: RunConfiguration
    }

    let seed: Int
    let runs: [Run]

    /// Reads the runs in `folder` that were evaluated.
    init(seed: Int, folder: String) throws {
        self.seed = seed
        runs = try Folder.names(in: folder).sorted().filter {
            FileManager.default.fileExists(atPath: "\(folder)/\($0)/figures.json")
        }.map { name in
            let run = try RunFolder(reading: "\(folder)/\(name)")
            let configuration = try RunConfiguration.load(path: run.configurationPath)
            return Run(
                figures: try EvaluationReport(path: run.path + "/figures.json"),
                history: try RunHistory(folder: run.path),
                parameters: try FleetComparison(
                    ModelFolder(opening: run.modelPath), settings: configuration.model,
                    tasks: configuration.tasks.map(\.task)),
                configuration: configuration)
        }
    }

    /// The figures that Δm compares, by task.
    var figures: [String: EvaluationReport.Row] {
        Dictionary(
            runs.flatMap(\.figures.rows).filter(\.isCompared).map { ($0.task, $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Seconds spent in training steps, times the threads of all ranks, so that cells on any number of them can be compared.
    /// Pauses, validation and waiting for pictures, which runs share unevenly, are not counted.
    var trainingCoreSeconds: Double {
        runs.reduce(0) { sum, run in
            let history = run.history
            let batch = Double(run.configuration.training.batch)
            return zip(history.imagesPerSecond, history.waitingShare).reduce(sum) { sum, step in
                let session = history.sessions.last { $0.step < step.0.step }
                let cores = session.map { $0.threads * $0.ranks } ?? 1
                return sum + batch / step.0.value * (1 - step.1.value) * Double(cores)
            }
        }
    }

    /// What a number of tasks takes in floats: what is there once, and what every task brings, the mean over its tasks.
    var parameters: (shared: Double, own: Double) {
        // A network for each task shares nothing.
        guard runs.count == 1 else {
            return (0, Spread(runs.map { Double($0.parameters.together) }).mean)
        }
        return (
            Double(runs[0].parameters.shared), Spread(runs[0].parameters.tasks.map { Double($0.own) }).mean
        )
    }

    /// The metric of each task that Δm compares, as it was validated during training, by task and step; of edges, which
    /// are scored pixel by pixel there, another.
    var courses: [String: (metric: RunHistory.Metric, values: [Int: Double])] {
        Dictionary(
            runs.flatMap { run in
                run.configuration.tasks.compactMap { settings in
                    run.history.tasks.first { $0.name == settings.name }.flatMap {
                        RelativeImprovement.figure(of: settings.task, in: $0.metrics, named: \.name)
                    }.map { metric in
                        (
                            settings.name,
                            (metric, Dictionary(metric.points.map { ($0.step, $0.value) }, uniquingKeysWith: { $1 }))
                        )
                    }
                }
            }, uniquingKeysWith: { first, _ in first })
    }
}

/// The mean of some numbers, and what single ones stray from it by.
package struct Spread: Encodable, Sendable, Equatable {
    package let mean: Double
    /// The sample's standard deviation (n − 1); nil of fewer than two.
    package let deviation: Double?

    package init(_ values: [Double]) {
        precondition(!values.isEmpty, "a mean is of something")
        let mean = values.reduce(0, +) / Double(values.count)
        self.mean = mean
        deviation =
            values.count < 2
            ? nil
            : (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    }

    func text(_ format: (Double) -> String) -> String {
        format(mean) + (deviation.map { " ± " + format($0) } ?? "")
    }
}
