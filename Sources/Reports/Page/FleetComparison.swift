import Checkpoints
import Configuration
import Datasets
import Graph
import Networks

/// What a model's tasks cost beside what as many single-task networks of the same backbone and decoder would. Running
/// statistics are not counted.
package struct FleetComparison: Sendable, Equatable {
    /// One task's share of the model, and the network that it would need alone.
    package struct Task: Sendable, Equatable {
        package let name: String
        /// Floats that belong to the task alone.
        package let own: Int
        /// Floats of a network for this task alone, with ordinary convolutions.
        package let single: Int
    }

    package let tasks: [Task]
    /// Floats that all tasks share: the bank, or the backbone of a joint network.
    package let shared: Int

    package var together: Int { shared + tasks.reduce(0) { $0 + $1.own } }
    package var fleet: Int { tasks.reduce(0) { $0 + $1.single } }

    /// Counts the networks of the tasks that the model has files of; the others are left out.
    ///
    /// - Throws: `FileSystemError`, `InvalidFileError`.
    package init(_ model: ModelFolder, settings: ModelSettings, tasks names: [LearningTask]) throws {
        let present = try model.tasks()
        let heads = try names.filter { present.contains($0.name) }.compactMap { task in
            try model.task(task.name).metadata["channels"].flatMap { Int($0) }
                .map { TaskHead(task, channels: $0) }
        }
        // Parameters do not depend on the pictures' size.
        func parameters(
            _ settings: ModelSettings, _ heads: [TaskHead], _ components: BankComponents
        ) -> [[Graph.Parameter]] {
            guard !heads.isEmpty else { return [] }
            return MultiTaskNetwork(settings, heads: heads, height: 32, width: 32, components: components)
                .graphs.map(\.parameters)
        }
        func count(_ parameters: some Sequence<Graph.Parameter>) -> Int {
            parameters.reduce(0) { $0 + ($1.role == .statistic ? 0 : $1.count) }
        }
        let own = parameters(settings, heads, settings.method.hasBank ? BankComponents(of: try model.bank()) : .all)
        shared = count((own.first ?? []).filter { $0.owner == .shared })
        var alone = settings
        alone.method = .conv
        tasks = heads.map { head in
            Task(
                name: head.name, own: count(own.joined().filter { $0.owner == .task(head.name) }),
                single: count(parameters(alone, [head], .all)[0]))
        }
    }
}
