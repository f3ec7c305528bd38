import Checkpoints
import Configuration
import Datasets
import Graph

/// The weights of a model, a run or a checkpoint that a new run starts from; what an optimizer kept is left behind.
///
/// A task of the same name starts from the task's own weights: all of them, but for the last layer where the classes or
/// channels are others. A task that the weights lack starts over the same bank, as any new task.
package struct StartingWeights {
    package let path: String
    /// The network and the bank.
    package let model: StoredModel
    /// What is known of every task.
    private let tasks: [LearningTask]
    /// The file with a task's tensors.
    private let file: (String) throws -> SafetensorsFile

    /// Opens a model's folder, that of a run, or one of a run's checkpoints (`RUN/checkpoints/STEP`), which is verified.
    ///
    /// - Throws: `InvalidFileError`, `FileSystemError`, `ConfigurationError`.
    package init(opening path: String) throws {
        self.path = path
        guard let checkpoint = try CheckpointFolder.checkpoint(at: path) else {
            let model = try StoredModel(opening: path)
            self.model = model
            tasks = try model.folder.tasks().map { try model.head($0).task }
            file = { try model.folder.task($0) }
            return
        }
        let run = path + "/../.."
        model = try StoredModel(opening: run)
        tasks = try RunConfiguration.load(path: run + "/config.yaml").tasks.map(\.task)
        file = { task in
            for name in checkpoint.files {
                let file = try checkpoint.file(name)
                if file.tensor(DeepLabDecoder.lastLayer(of: task).name + ".bias") != nil { return file }
            }
            throw InvalidFileError(
                path: path, problem: "the checkpoint has no weights of \(task)", remedy: "name another checkpoint")
        }
    }

    /// Replaces the first values of a network over the same bank, where the weights have them.
    ///
    /// - Returns: what the user should know: which tasks start anew, and of which the last layer does. Nothing where all
    ///   is taken over.
    /// - Throws: `InvalidFileError` where a task is of another kind, or a tensor is missing or misshapen.
    package func fill(_ parameters: NetworkParameters, of network: MultiTaskNetwork) throws -> [String] {
        var notes: [String] = []
        for (graph, group) in zip(network.graphs, parameters.groups) {
            let heads = network.heads.filter { head in graph.outputs.contains { $0.name == head.name } }
            let known = heads.filter { head in tasks.contains { $0.name == head.name } }
            for head in heads where !known.contains(head) {
                notes.append("\(path) has no task \(head.name), which starts anew")
            }
            for head in known {
                let source = try file(head.name)
                let replaces = try replacesLastLayer(of: head, source)
                if replaces {
                    notes.append("\(head.name) gets a new last layer, of \(head.channels) channels or classes")
                }
                // What tasks share comes from the first of them.
                let owners: Set<Graph.Parameter.Owner> =
                    head == known[0] ? [.shared, .task(head.name)] : [.task(head.name)]
                for storage in [group.trained, group.statistics] {
                    try NetworkParameters.read(storage, into: storage.values, from: source) {
                        owners.contains($0.owner) && !(replaces && head.isLastLayer($0))
                    }
                }
            }
        }
        return notes
    }

    private func replacesLastLayer(of head: TaskHead, _ source: SafetensorsFile) throws -> Bool {
        let old = tasks.first { $0.name == head.name }!
        guard old.kind == head.task.kind else {
            throw InvalidFileError(
                path: path,
                problem: "its task \(head.name) is of kind \(old.kind.rawValue) and not \(head.task.kind.rawValue)",
                remedy: "give tasks.\(head.name).kind as it was trained, or the task another name")
        }
        let channels = source.tensor(DeepLabDecoder.lastLayer(of: head.name).name + ".bias")?.shape.first
        let names = [old.classNames, head.task.classNames]
        return channels != head.channels || (names.allSatisfy { !$0.isEmpty } && names[0] != names[1])
    }
}

extension TaskHead {
    /// Whether a parameter's shape follows from the head's channels: the decoder's last layer, alone.
    fileprivate func isLastLayer(_ parameter: Graph.Parameter) -> Bool {
        parameter.module == DeepLabDecoder.lastLayer(of: name)
    }
}
