import Configuration
import Graph
import TensorCore

/// What training keeps beside the trained values of one graph: the optimizer's states and the average of the weights, each
/// in the layout of the values and 0 at first.
package struct OptimizerState {
    /// By the names that checkpoints have.
    package let memories: [(name: String, memory: AlignedMemory)]
    /// The average of the weights, the last of `memories`; nil where none is kept.
    package let average: AlignedMemory?

    package init(_ settings: TrainingSettings, for storage: ParameterStorage) {
        func memory() -> AlignedMemory {
            AlignedMemory(byteCount: storage.layout.count * MemoryLayout<Float>.stride)
        }
        let states = type(of: settings.optimizer.optimizer).states.map { ($0, memory()) }
        switch settings.average.type {
        case .none: (average, memories) = (nil, states)
        case .ema:
            let average = memory()
            (self.average, memories) = (average, states + [("average", average)])
        }
    }

    package var byteCount: Int { memories.reduce(0) { $0 + $1.memory.byteCount } }

    /// Puts the average in the place of `storage`'s values, and these in the average's: the second time all is as it was.
    func exchangeAverage(with storage: ParameterStorage) {
        guard let average = average?.floats() else { return }
        let values = storage.values.floats()
        for index in 0..<storage.layout.count { swap(&values[index], &average[index]) }
    }
}
