import Graph
import Networks
import TensorCore

/// Training left the finite numbers.
package struct DivergenceError: Error, CustomStringConvertible {
    package let step: Int
    /// The task whose loss is not finite; nil where all losses are, and what the step's update has left is not.
    package let task: String?
    /// The first trained tensor, in the network's order, with a gradient or value that is not finite; nil where other
    /// ranks train the task.
    package let tensor: String?

    private let loss: Double

    /// nil where all losses of the step are finite.
    init?(step: Int, of training: TrainingStep) {
        guard let place = training.losses.firstIndex(where: { !$0.isFinite }) else { return nil }
        self.step = step
        task = training.heads[place].name
        loss = training.losses[place]
        tensor = training.units.first { $0.losses.contains { $0.place == place } }.flatMap {
            let trained = training.parameters.groups[$0.graph].trained
            return Self.firstBadTensor(trained, in: [trained.gradient!, trained.values])
        }
    }

    /// nil where all that `step` steps have learned is finite: trained values and running statistics.
    init?(step: Int, of parameters: NetworkParameters) {
        let storages = parameters.groups.flatMap { [$0.trained, $0.statistics] }
        let found = storages.lazy.compactMap { Self.firstBadTensor($0, in: [$0.values]) }.first
        guard let found else { return nil }
        (self.step, task, tensor, loss) = (step, nil, found, 0)
    }

    private static func firstBadTensor(_ storage: ParameterStorage, in memories: [AlignedMemory]) -> String? {
        storage.layout.entries.first { entry in
            memories.contains { memory in
                let values = UnsafeBufferPointer(start: memory.floats() + entry.offset, count: entry.parameter.count)
                return values.contains { !$0.isFinite }
            }
        }?.parameter.name
    }

    package var description: String {
        let remedy =
            "the last checkpoint is kept: resume from it with a smaller training.learning_rate in a new run, or "
            + "look at the labels"
        guard let task else {
            return
                "step \(step): the update left values that are not finite in \(tensor!), which were not saved; \(remedy)"
        }
        let place = tensor.map { "; the first tensor that is not finite is \($0)" } ?? ""
        return "step \(step): the loss of \(task) is \(loss)\(place); \(remedy)"
    }
}
