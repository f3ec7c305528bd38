import Checkpoints
import Configuration
import Foundation
import Tasks
import Training

/// One HTML file that tells what a run trained, how to repeat it, how it went and what came of it.
///
/// The page needs nothing beside itself: style, curves and pictures are inside. All that it says is read from the run's
/// folder: event files, configuration, model.
package struct RunReport {
    let folder: RunFolder
    let configuration: RunConfiguration
    let history: RunHistory
    /// Runs to compare with, such as one for each task alone.
    let baselines: [(name: String, history: RunHistory)]
    let comparison: FleetComparison?
    /// Event files that could not be read to their end, a sentence each.
    package var damages: [String] { history.damages }
    /// Files with their SHA-256, named from the run's folder on.
    let hashes: [(file: String, digest: String)]

    /// Reads the run in `path`.
    ///
    /// - Parameter baselines: the folders of runs whose figures stand beside this one's.
    /// - Throws: `UsageError` where a folder holds no recorded run, `FileSystemError`, `ConfigurationError`,
    ///   `InvalidFileError`.
    package init(of path: String, baselines: [String] = []) throws {
        folder = try RunFolder(reading: path)
        guard !folder.isPretraining else {
            throw UsageError(
                "\(path) is a run of modulor pretrain, of which there is no page; modulor watch \(path) shows how it goes"
            )
        }
        history = try RunHistory(folder: path)
        configuration = try RunConfiguration.load(path: folder.configurationPath)
        self.baselines = try baselines.map { (RunReport.name(of: $0), try RunHistory(folder: $0)) }
        let model = try ModelFolder(opening: folder.modelPath)
        let tasks = try model.tasks()
        comparison =
            tasks.isEmpty
            ? nil
            : try FleetComparison(
                model, settings: configuration.model, tasks: configuration.tasks.map(\.task))
        let best = folder.bestModel == nil ? nil : try ModelFolder(opening: folder.bestPath)
        let files =
            ["config.yaml", "model/bank.safetensors"] + tasks.map { "model/tasks/\($0).safetensors" }
            + (try best?.tasks() ?? []).map { "best/tasks/\($0).safetensors" }
        hashes = try files.map { ($0, try SHA256.hexadecimal(ofFile: "\(path)/\($0)")) }
    }

    /// Writes the page, `report.html` in the run's folder unless another place is given, and returns its path.
    @discardableResult
    package func write(to path: String? = nil) throws -> String {
        let path = path ?? "\(folder.path)/report.html"
        try AtomicFile.write(to: path) { try $0.write(html) }
        return path
    }

    package var html: String {
        page(
            name, moreStyle: "\n" + imageStyle,
            main: [header, curves, metrics, parts, pictures, parameters, time, repetition].joined(separator: "\n"))
    }

    var name: String { Self.name(of: folder.path) }

    private static func name(of path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
    }

    /// The number of a task's colour.
    func color(_ task: String) -> Int { (history.tasks.firstIndex { $0.name == task } ?? 0) % 6 }

    /// A task's name beside a dot of its colour.
    func dotted(_ task: String) -> String {
        "<b class=\"t\(color(task))\"><i class=\"dot\"></i>\(escaped(task))</b>"
    }
}

extension RunHistory.Metric {
    /// What was reached last beside the constant prediction's figure.
    var comparison: ConstantComparison? {
        guard let last = points.last, let constant else { return nil }
        return ConstantComparison(achieved: result(last.value), constant: result(constant))
    }

    /// A value of this metric, of which events do not say the convention: it is that of the run's own validation.
    func result(_ value: Double) -> MetricResult {
        MetricResult(figure, value: value, convention: .exact)
    }

    var title: String { MetricName.title(name) }
}
