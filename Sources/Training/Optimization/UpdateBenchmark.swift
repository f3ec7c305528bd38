import Configuration
import ConvolutionEngine
import Foundation
import Graph
import TensorCore

/// The time that an optimizer's update of many trained values takes. No kernel's time depends on values, so they are random.
package struct UpdateBenchmark {
    private let update: ParameterUpdate
    private let storage: ParameterStorage
    private let state: OptimizerState
    private let settings: TrainingSettings
    private let kernels: Kernels
    private let pool: ThreadPool

    /// - Parameter count: trained values in all, in tensors of 2²⁰.
    package init(_ settings: TrainingSettings, count: Int, kernels: Kernels, pool: ThreadPool) {
        let length = 1 << 20
        let parameters = stride(from: 0, to: count, by: length).map { first in
            Graph.Parameter(
                Graph.Parameter.Module("tensor\(first / length)", owner: .shared), "weight",
                shape: [min(length, count - first)], role: .trained, part: .backbone, kind: .filter, start: .zeros)
        }
        storage = ParameterStorage(parameters, trained: true)
        state = OptimizerState(settings, for: storage)
        update = ParameterUpdate(storage, state: state, settings: settings, kernels: kernels)
        (self.settings, self.kernels, self.pool) = (settings, kernels, pool)
        for (name, memory) in [("value", storage.values), ("gradient", storage.gradient!)] {
            let stream = RandomStream(name)
            for index in 0..<storage.layout.count { memory.floats()[index] = stream.signed(UInt64(index)) }
        }
    }

    /// Updates once to warm up and then `rounds` times.
    package func run(rounds: Int) -> UpdateMeasurement {
        precondition(rounds > 0, "a benchmark needs a round")
        var seconds: [Double] = []
        for round in 0...rounds {
            let start = ContinuousClock.now
            update.run(rate: settings.learningRate, update: round + 1, on: pool)
            if round > 0 { seconds.append((ContinuousClock.now - start).seconds) }
        }
        let count = storage.layout.entries.reduce(0) { $0 + $1.parameter.count }
        // Values and states are read and written, gradients read.
        let bytes = count * MemoryLayout<Float>.stride * (3 + 2 * state.memories.count)
        return UpdateMeasurement(
            optimizer: type(of: settings.optimizer.optimizer).name, parameters: count,
            secondsPerUpdate: seconds.median, gigabytesPerSecond: Double(bytes) / seconds.median / 1e9,
            threads: pool.threads, isa: kernels.instructionSet.rawValue, rounds: rounds)
    }
}

/// What an optimizer's update takes; its keys in JSON are these names in snake case.
package struct UpdateMeasurement: Encodable, Sendable {
    package let optimizer: String
    /// Values that are moved.
    package let parameters: Int
    /// The median of the rounds.
    package let secondsPerUpdate: Double
    /// Memory that an update reads and writes, over its time.
    package let gigabytesPerSecond: Double
    package let threads: Int
    package let isa: String
    package let rounds: Int
}
