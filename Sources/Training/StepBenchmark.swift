import Configuration
import ConvolutionEngine
import Graph
import Networks
import TensorCore

/// The training step of a configuration on random images, labels and parameters: neither a data set nor a bank is read,
/// as no kernel's time depends on values.
package final class StepBenchmark {
    private let configuration: RunConfiguration
    private let network: MultiTaskNetwork
    private let step: TrainingStep
    private let kernels: Kernels
    private let pool: ThreadPool

    /// - Throws: `PlanningError` where the network cannot be trained on so few samples.
    package init(_ configuration: RunConfiguration, kernels: Kernels) throws {
        self.configuration = configuration
        self.kernels = kernels
        pool = configuration.parallel.threadPool()
        let settings = configuration.training
        let crop = configuration.data.crop
        network = MultiTaskNetwork(
            configuration.model,
            heads: configuration.tasks.map { TaskHead($0.name, channels: configuration.data.channels(of: $0.name)) },
            height: crop.height, width: crop.width)
        let parameters = NetworkParameters(network.graphs, training: true)
        for storage in parameters.storages {
            for entry in storage.layout.entries {
                let values = Initialization.draw(
                    entry.parameter, method: configuration.model.method, seed: settings.seed)
                storage.write(values, to: entry, in: storage.values)
            }
        }
        step = try TrainingStep(
            graphs: network.graphs, parameters: parameters,
            heads: zip(network.heads, configuration.tasks).map { head, task in
                TrainedHead(head.name, loss: head.task.loss, weight: task.weight)
            }, samples: settings.batch, momentum: settings.momentum, weightDecay: settings.weightDecay,
            kernels: kernels, pool: pool)
        let batch = RandomBatch(samples: settings.batch, height: crop.height, width: crop.width)
        batch.fill(step.input, named: "input.0")
        for head in network.heads { batch.fill(step.labels(of: head.name), of: head, step: 0) }
    }

    /// Runs one step to warm up and then `rounds` that count; then measures the machine's peak with the same threads.
    ///
    /// - Parameter profile: whether to tell where the time goes.
    package func run(rounds: Int, profile: Bool = false) throws -> StepMeasurement {
        precondition(rounds > 0, "a benchmark needs a round")
        if profile { for unit in step.units { unit.program.measureSteps() } }
        let rate = configuration.training.learningRate
        try step.run(rate: rate)
        var seconds: [Double] = []
        var times = StepProfile(step: step, samples: configuration.training.batch)
        for _ in 0..<rounds {
            let start = ContinuousClock.now
            try step.run(rate: rate)
            seconds.append((ContinuousClock.now - start) / .seconds(1))
            if profile { times.addRound(seconds: seconds.last!) }
        }
        let peakResidentBytes = ProcessMemory.peakResidentBytes
        let flop = network.graphs.reduce(0) {
            $0 + $1.cost.trainingStepFlop(samples: configuration.training.batch)
        }
        return StepMeasurement(
            secondsPerStep: seconds.median, batch: configuration.training.batch, rounds: rounds, flopPerStep: flop,
            peak: MeasuredPeak(kernels: kernels, pool: pool), instructionSet: kernels.instructionSet,
            peakResidentBytes: peakResidentBytes, arenaBytes: step.arenaByteCount, rows: profile ? times.rows : nil)
    }
}
