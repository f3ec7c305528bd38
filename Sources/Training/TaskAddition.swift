import Checkpoints
import Configuration
import Datasets
import Foundation
import Networks

/// A task that joins a finished model: the paper's incremental learning (sections 1 and 3.2).
///
/// The task is trained alone, over the model's own bank and from the start values in it, in a run of its own. Then its
/// file is put beside the others. The bank and the other tasks are only read.
package struct TaskAddition {
    package let task: String
    /// What is trained: the given configuration with the network and bank of the model, and this task alone.
    package let configuration: RunConfiguration
    /// What the configuration says of the network and does not count, a sentence; nil where nothing is.
    package let notice: String?
    /// Of the first rank, which alone reads and writes files.
    private let model: ModelFolder?

    /// All ranks call this together.
    ///
    /// - Parameters:
    ///   - path: the model's folder.
    ///   - configuration: its `data`, `training`, `parallel` and `output` are used, and what it says of the task: presets
    ///     (``LearningTask/presets``) need not be listed. The network is the model's; a bank that it names and that is there has to be the model's too.
    /// - Throws: `UsageError` where the model has the task already, another bank, or none to share; `InvalidFileError` where
    ///   the bank holds values that no network computes with.
    package init(
        _ task: String, to path: String, _ configuration: RunConfiguration, team: RankTeam = RankTeam()
    ) throws {
        self.task = task
        guard
            let settings = configuration.tasks.first(where: { $0.name == task })
                ?? LearningTask.preset(task).map({ TaskSettings($0) })
        else {
            throw UsageError(
                "tasks: the configuration does not describe \(task), which is no preset; add it with its kind under tasks"
            )
        }
        var resolved = configuration
        let opened = try team.first { () throws -> ModelFolder in
            let stored = try StoredModel(opening: path)
            guard stored.settings.method.hasBank else {
                throw UsageError("\(path) is of method conv, whose tasks share nothing that a new one could use")
            }
            guard try !stored.folder.tasks().contains(task) else {
                throw UsageError(
                    "\(path) has the task \(task) already; modulor remove \(task) --from \(path) "
                        + "takes it out")
            }
            try stored.folder.bank().checkValues()
            resolved.model = try stored.settings(for: configuration.model)
            resolved.tasks = [settings]
            return stored.folder
        }
        model = opened ?? nil
        let text = try team.fromFirst { resolved.yaml() }
        self.configuration = try RunConfiguration.parse(text, file: path)
        notice = Self.notice(of: configuration, overruledBy: self.configuration.model, path)
    }

    /// Names the keys that were given another value than the model has. What was left out, or given its default, is not
    /// told apart.
    private static func notice(of asked: RunConfiguration, overruledBy model: ModelSettings, _ path: String) -> String?
    {
        var (used, usual) = (asked, asked)
        (used.model, usual.model) = (model, ModelSettings())
        // "model.aspp: 64 -> 256"
        func key(_ change: String) -> Substring { change.prefix { $0 != ":" } }
        let given = Set(asked.differences(from: usual).map(key)).subtracting(["model.bank", "model.from"])
        let overruled = used.differences(from: asked).filter { given.contains(key($0)) }
        guard !overruled.isEmpty else { return nil }
        return "a new task has the network of \(path), whatever the configuration says: "
            + overruled.joined(separator: ", ")
    }

    /// Puts the trained task into the model: that of the best validation where `output.keep_best` asks for it, else that of
    /// the last.
    ///
    /// - Returns: the path of its file; nil on all ranks but the first.
    @discardableResult
    package func complete(from run: RunFolder) throws -> String? {
        guard let model else { return nil }
        // Who keeps the best of a run wants that one.
        let path = configuration.output.keepBest != .none && run.bestModel != nil ? run.bestPath : run.modelPath
        try model.adopt(task, from: ModelFolder(opening: path))
        return model.taskPath(task)
    }
}
