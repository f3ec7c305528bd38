import Checkpoints
import Collectives
import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import Foundation
import Networks
import Tasks
import TensorCore

/// Scores models, or predictions that were saved as files, on one split of a configuration's data.
///
/// Of the configuration, `data`, `tasks`, `training.batch` and `parallel` count; a model says itself which network it is.
/// The figures are the same bits on any number of threads and ranks.
package struct Evaluation {
    package let split: String
    package let rules: ScoringRules
    private let configuration: RunConfiguration
    private let data: TrainingData
    private let team: RankTeam
    private let threads: Int

    /// - Throws: `UsageError` where the data set lacks a task or files; `DataFileError` and `SampleError` where a folder
    ///   or list is missing or damaged.
    package init(
        _ configuration: RunConfiguration, split: String = "val", convention: MetricConvention = .exact, threads: Int,
        team: RankTeam = RankTeam()
    ) throws {
        self.configuration = configuration
        self.split = split
        self.team = team
        self.threads = threads
        let tasks = configuration.tasks.map(\.task)
        let data = try TrainingData(configuration.data, tasks: tasks, only: split)
        self.data = data
        rules = ScoringRules(
            convention: convention, boundaryDistance: configuration.data.boundaryDistance,
            tasksWithBackground: Set(tasks.filter { data.training.hasBackground($0) }))
    }

    package var samples: Int { data.validation.count }

    /// What the samples are called; drawn ones have numbers.
    package var identifiers: [String] {
        (data.validation as? any StoredSampleSource)?.identifiers ?? (0..<samples).map(String.init)
    }

    /// The names of the classes or channels of every task, by its name.
    package var partNames: [String: [String]] {
        data.partNames(of: configuration.tasks.map(\.task))
    }

    /// Scores every task of the model, or of the run's model, at `path` that the configuration names.
    ///
    /// - Parameters:
    ///   - backbone: a model or run of one task, whose backbone stands in place of the shared one of method `conv`; so
    ///     one sees what tasks lose when another one is trained on.
    ///   - folder: where predictions are saved, if they are.
    ///   - note: told which tasks are left out.
    /// - Throws: `UsageError` where model and configuration have nothing in common or differ in their classes.
    package func scores(
        ofModel path: String, backbone other: String? = nil, kernels: Kernels, pool: ThreadPool,
        saving folder: PredictionFolder? = nil,
        note: (String) -> Void = { _ in }
    ) throws -> [ValidationScore] {
        let model = try StoredModel(opening: path)
        let known = try model.folder.tasks()
        let asked = configuration.tasks.map(\.task)
        let tasks = asked.filter { known.contains($0.name) }
        try folder.map { try checkSpares(labelsOf: tasks, $0) }
        guard !tasks.isEmpty else {
            throw UsageError(
                "\(path) has the tasks \(known.joined(separator: ", ")) and the configuration "
                    + "\(asked.map(\.name).joined(separator: ", ")); name tasks of the model under tasks")
        }
        let left = asked.map(\.name).filter { !known.contains($0) }
        if !left.isEmpty { note("\(path) has no \(left.joined(separator: ", ")), which is not scored") }
        let others = known.filter { name in !asked.contains { $0.name == name } }
        if !others.isEmpty { note("\(others.joined(separator: ", ")) of \(path) is not under tasks, and not scored") }
        let backbone = try other.map { try Self.backbone($0, for: model) }
        try team.agree(on: configuration.agreement(kernels) + data.agreement(tasks))
        // One task after the other: a joint network's tasks come apart, and only one network is in memory.
        return try tasks.flatMap { task in
            var head = try model.head(task.name)
            guard head.task.kind == task.kind else {
                throw UsageError(
                    "\(task.name) of \(path) is of kind \(head.task.kind.rawValue) and the configuration's of kind "
                        + "\(task.kind.rawValue); give tasks.\(task.name).kind as it was trained")
            }
            let (trained, asked) = (head.task.classNames, data.training.classNames(of: task))
            if let place = zip(trained, asked).enumerated().first(where: { $1.0 != $1.1 })?.offset,
                trained.count == asked.count
            {
                throw UsageError(
                    "\(path) was trained with '\(trained[place])' as class \(place) of \(task.name), and the data set has "
                        + "'\(asked[place])' there; put the classes in the order of training")
            }
            head.task = task
            guard head.channels == data.channels(of: task) else {
                throw UsageError(
                    "\(path) predicts \(head.channels) channels or classes of \(task.name) and the data set has "
                        + "\(data.channels(of: task)); evaluate it on the data that it was trained for")
            }
            let (height, width) = (data.frames[0].height, data.frames[0].width)
            let parameters = try model.network(head, height: height, width: width, backbone: backbone).parameters
            try team.agree(
                on: parameters.storages.enumerated().map { place, storage in
                    let bytes = UnsafeRawBufferPointer(start: storage.values.base, count: storage.values.byteCount)
                    return AgreementItem("part \(place) of \(task.name)", SHA256.hexadecimal(of: bytes))
                })
            let validation = try Validation(
                network: model.network([head], height: height, width: width),
                parameters: parameters, data: data, batch: configuration.training.batch, least: threads,
                workers: configuration.data.workers, kernels: kernels, pool: pool,
                limit: configuration.parallel.evaluationLimit, team: team)
            return try validation.scores(by: rules, threads: threads, saving: folder)
        }
    }

    /// Scores the predictions of every task of the configuration that are saved in `folder`.
    ///
    /// - Parameter note: told of scores that look like probabilities.
    /// - Throws: `UsageError` where some are missing; `SampleError` where one is damaged or has the wrong size.
    package func scores(
        ofPredictions folder: PredictionFolder, note: (String) -> Void = { _ in }
    ) throws -> [ValidationScore] {
        let source = data.validation
        let tasks = configuration.tasks.map(\.task)
        let heads = tasks.map { TaskHead($0, channels: data.channels(of: $0)) }
        try team.agree(on: data.agreement(tasks))
        if let stored = source as? any StoredSampleSource {
            if let task = folder.missingFolders(of: tasks).first {
                throw UsageError(
                    "\(folder.path)/\(task.name) is not there: save a prediction of every sample on the list in it, or "
                        + "remove \(task.name) from tasks")
            }
            let missing = folder.missing(tasks, of: stored.identifiers) { stored.hasLabel(of: $0, at: $1) }
            if !missing.isEmpty {
                let named = missing.prefix(10).map(\.description).joined(separator: "\n")
                throw UsageError(named + (missing.count > 10 ? "\n\(missing.count - 10) more are missing" : ""))
            }
        }
        let share = Shards(samples: source.count, ranks: team.size).ranges[team.rank]
        let ranges = ScoreRanges()
        let lanes = ScoreLanes(heads, rules: rules, threads: threads)
        try lanes.forEach(share.count) { item, scores in
            let index = share.lowerBound + item
            let sample = try source.sample(at: index, tasks: tasks)
            for (place, head) in heads.enumerated() where source.hasLabel(of: head.task, at: index) {
                let label =
                    try head.task.isMatchedByBoundaries
                    ? source.boundaries(of: head.task, at: index) : sample.labels[head.task]!
                let prediction = try folder.prediction(
                    of: head.task, sample.identifier, classes: head.channels, height: label.height, width: label.width)
                if head.task.kind == .score, case .output(let map) = prediction {
                    ranges.add(map.values, of: head.name)
                }
                label.withView { scores[place].add(stored: prediction, label: $0, sample: index) }
            }
        }
        let all = ScoreRanges(merging: try team.gather(ranges.byTask))
        for task in tasks where all.looksLikeProbabilities(task.name) {
            note(
                "all scores of \(task.name) are from 0 to 1, and .npy files hold scores before the sigmoid: if these are "
                    + "probabilities p, add --probabilities, or save log(p / (1 - p))")
        }
        return try lanes.results(over: team)
    }

    /// The least and the greatest score of each task in the files that were read.
    private final class ScoreRanges: @unchecked Sendable {
        private let lock = NSLock()
        private(set) var byTask: [String: [Float]] = [:]

        init(merging parts: [[String: [Float]]] = []) {
            for part in parts {
                for (task, range) in part { add(range, of: task) }
            }
        }

        func add(_ values: [Float], of task: String) {
            guard let least = values.min(), let greatest = values.max() else { return }
            lock.withLock {
                let range = byTask[task] ?? [least, greatest]
                byTask[task] = [min(range[0], least), max(range[1], greatest)]
            }
        }

        /// Scores before the sigmoid have both signs, unless they are all alike.
        func looksLikeProbabilities(_ task: String) -> Bool {
            byTask[task].map { $0[0] >= 0 && $0[1] <= 1 && $0[0] < $0[1] } ?? false
        }
    }

    /// Makes sure that predictions do not take the place of the labels that they are scored against.
    private func checkSpares(labelsOf tasks: [LearningTask], _ folder: PredictionFolder) throws {
        func place(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
        guard let stored = data.validation as? any StoredSampleSource else { return }
        for task in tasks {
            let target = place("\(folder.path)/\(task.name)") + "/"
            let labels = stored.identifiers.indices.flatMap { stored.files(at: $0, tasks: [task]).dropFirst() }
            let folders = Set(labels.map { ($0 as NSString).deletingLastPathComponent })
            guard folders.contains(where: { (place($0) + "/").hasPrefix(target) }) else { continue }
            throw UsageError(
                "\(folder.path)/\(task.name) holds the labels of \(task.name), which predictions would replace; save them "
                    + "in another folder")
        }
    }

    /// The file with the backbone of the model or run at `path`.
    private static func backbone(_ path: String, for model: StoredModel) throws -> SafetensorsFile {
        let other = try StoredModel(opening: path)
        let tasks = try other.folder.tasks()
        guard !model.settings.method.hasBank, !other.settings.method.hasBank, tasks.count == 1 else {
            throw UsageError(
                "the backbone of \(path) cannot stand in for another; name a model of method conv with one task, for one "
                    + "of method conv")
        }
        return try other.folder.task(tasks[0])
    }
}
