import Graph
import TensorCore

/// Training left the finite numbers.
package struct DivergenceError: Error, CustomStringConvertible {
    package let step: Int
    package let task: String
    package let loss: Double
    /// The first trained tensor, in the network's order, with a gradient or value that is not finite; nil where other
    /// ranks train the task.
    package let tensor: String?

    /// nil where all losses of the step are finite.
    init?(step: Int, of training: TrainingStep) {
        guard let place = training.losses.firstIndex(where: { !$0.isFinite }) else { return nil }
        self.step = step
        task = training.heads[place].name
        loss = training.losses[place]
        tensor = training.units.first { $0.losses.contains { $0.place == place } }.flatMap {
            Self.firstBadTensor(training.parameters.groups[$0.graph].trained)
        }
    }

    private static func firstBadTensor(_ storage: ParameterStorage) -> String? {
        storage.layout.entries.first { entry in
            [storage.gradient!, storage.values].contains { memory in
                let values = UnsafeBufferPointer(start: memory.floats() + entry.offset, count: entry.parameter.count)
                return values.contains { !$0.isFinite }
            }
        }?.parameter.name
    }

    package var description: String {
        let place = tensor.map { "; the first tensor that is not finite is \($0)" } ?? ""
        return "step \(step): the loss of \(task) is \(loss)\(place); the last checkpoint is kept: resume from it with "
            + "a smaller training.learning_rate in a new run, or look at the labels"
    }
}
