import Checkpoints
import Configuration
import Datasets
import Graph
import Networks
import Training

/// What a model's tasks cost beside what as many single-task networks of the same backbone and decoder would.
package struct FleetComparison: Sendable, Equatable {
    package struct Task: Sendable, Equatable {
        package let name: String
        /// Floats that belong to the task alone.
        package let own: Int
        /// Floats of a network for this task alone, with ordinary convolutions.
        package let single: Int
    }

    package let tasks: [Task]
    /// Floats that all tasks share.
    package let bank: Int

    package var together: Int { bank + tasks.reduce(0) { $0 + $1.own } }
    package var fleet: Int { tasks.reduce(0) { $0 + $1.single } }

    /// Reads the model's files; tasks that have none yet are left out.
    ///
    /// - Throws: `FileSystemError`, `InvalidFileError`.
    package init(_ model: ModelFolder, settings: ModelSettings, tasks names: [LearningTask]) throws {
        func count(_ file: SafetensorsFile) -> Int { file.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } }
        var single = settings
        single.method = .conv
        bank = try count(model.bank())
        let present = try model.tasks()
        tasks = try names.filter { present.contains($0.rawValue) }.compactMap { task in
            let file = try model.task(task.rawValue)
            guard let channels = file.metadata["channels"].flatMap({ Int($0) }) else { return nil }
            // Parameters do not depend on the pictures' size.
            let network = MultiTaskNetwork(
                single, heads: [TaskHead(task, channels: channels)], height: 32, width: 32)
            return Task(
                name: task.rawValue, own: count(file),
                single: network.graphs[0].parameters.reduce(0) { $0 + $1.count })
        }
    }
}
