import Graph
import Networks
import TensorCore

/// Training left the finite numbers.
package struct DivergenceError: Error, CustomStringConvertible {
    package let step: Int
    /// The task whose loss or prediction is not finite; nil where what the step's update has left is not.
    package let task: String?
    /// The first trained tensor, in the network's order, with a gradient or value that is not finite; nil where other
    /// ranks train the task, and of predictions.
    package let tensor: String?
    /// What was found, without the step.
    private let finding: String
    /// The newest checkpoint before the step; nil where there is none.
    private var checkpoint: String?

    /// nil where all losses of the step are finite.
    init?(step: Int, of training: TrainingStep) {
        guard let place = training.losses.firstIndex(where: { !$0.isFinite }) else { return nil }
        self.step = step
        let task = training.heads[place].name
        let tensor = training.units.first { $0.losses.contains { $0.place == place } }.flatMap {
            let trained = training.parameters.groups[$0.graph].trained
            return Self.firstBadTensor(trained, in: [trained.gradient!, trained.values])
        }
        (self.task, self.tensor) = (task, tensor)
        finding =
            "the loss of \(task) is \(training.losses[place])"
            + (tensor.map { "; the first tensor that is not finite is \($0)" } ?? "")
    }

    /// nil where all that `step` steps have learned is finite: trained values and running statistics.
    init?(step: Int, of parameters: NetworkParameters) {
        let storages = parameters.groups.flatMap { [$0.trained, $0.statistics] }
        let found = storages.lazy.compactMap { Self.firstBadTensor($0, in: [$0.values]) }.first
        guard let found else { return nil }
        (self.step, task, tensor) = (step, nil, found)
        finding = "the update left values that are not finite in \(found), which were not saved"
    }

    /// A validation after `step` steps that met an answer which is not finite.
    init(step: Int, of error: PredictionError) {
        (self.step, task, tensor) = (step, error.task, nil)
        finding = error.finding + ", and no model was written of it"
    }

    /// The same with the way on from the checkpoint at `path`, if there is one.
    func resumable(from path: String?) -> Self {
        var error = self
        error.checkpoint = path
        return error
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
            if let checkpoint {
                "start a new run with a smaller training.learning_rate from the last checkpoint "
                    + "(modulor train CONFIG --from \(checkpoint) --output FOLDER)"
            } else {
                "no checkpoint was saved before; begin again with a smaller training.learning_rate"
            }
        return "step \(step): \(finding); \(remedy), or look at the labels (modulor data check CONFIG)"
    }
}
