import ConvolutionEngine
import Datasets
import Graph
import Networks
import Tasks
import TensorCore

/// One task in training: its head, its loss's weight.
package struct TrainedTask: Sendable, Equatable {
    package var task: LearningTask
    /// Channels that the network predicts: classes, or 1, or 3.
    package var channels: Int
    package var weight: Double

    package init(_ task: LearningTask, channels: Int, weight: Double) {
        self.task = task
        self.channels = channels
        self.weight = weight
    }

    package var head: TaskHead {
        TaskHead(name: task.rawValue, channels: channels, isDirection: task == .normals)
    }
}

/// A training step of a multi-task network: for each graph in turn forward, losses, backward and one update of that
/// graph's parameters alone. With a bank there is a graph per task; the joint baseline has one for all.
///
/// After construction a step allocates nothing.
package final class TrainingStep {
    /// What one graph needs for its part of the step.
    package struct Unit {
        package let program: Program
        package let losses: [(task: TrainedTask, loss: TaskLoss)]
        package let descent: GradientDescent
    }

    package let network: MultiTaskNetwork
    package let parameters: NetworkParameters
    package let tasks: [TrainedTask]
    package let units: [Unit]
    /// The normalized images, samples × height × width × 3; to be filled before `run`.
    package let input: UnsafeMutablePointer<Float>
    package let inputCount: Int
    /// Bytes that activations, gradients and scratch share.
    package let arenaByteCount: Int
    /// The last step's losses, weighted, in the order of `tasks`.
    package private(set) var losses: [Double]

    private let pool: ThreadPool
    private let inputMemory: AlignedMemory

    /// - Parameters:
    ///   - samples: the batch.
    ///   - tasks: in the order of the network's heads.
    /// - Throws: where the network cannot be trained on so few samples.
    package init(
        network: MultiTaskNetwork, parameters: NetworkParameters, tasks: [TrainedTask], samples: Int, momentum: Double,
        weightDecay: Double, kernels: Kernels, pool: ThreadPool
    ) throws(PlanningError) {
        precondition(network.heads == tasks.map(\.head), "the tasks are the network's heads")
        self.network = network
        self.parameters = parameters
        self.tasks = tasks
        self.pool = pool
        losses = [Double](repeating: 0, count: tasks.count)
        let shape = network.graphs[0].shapes[0]
        inputCount = samples * shape.count
        inputMemory = AlignedMemory(byteCount: inputCount * MemoryLayout<Float>.stride)
        input = inputMemory.floats()
        let tree = ReductionTree(samples: samples)
        let bank = PreparedBank(storage: parameters.bank, kernels: kernels, pool: pool)
        var plans: [ProgramPlan] = []
        for (graph, group) in zip(network.graphs, parameters.groups) {
            plans.append(
                try ProgramPlan(
                    training: graph, samples: samples, tree: tree, kernels: kernels, threads: pool.threads, bank: bank,
                    trained: group.trained, statistics: group.statistics))
        }
        // Graphs run one after the other, so one arena serves them all.
        arenaByteCount = plans.map(\.arenaByteCount).max()!
        let arena = AlignedMemory(byteCount: arenaByteCount)
        let input = input
        units = zip(plans, parameters.groups).map { plan, group in
            let program = plan.bind(arena: arena, input: input)
            return Unit(
                program: program,
                losses: program.outputs.map { output in
                    let task = tasks.first { $0.task.rawValue == output.name }!
                    return (
                        task,
                        TaskLoss(
                            task.task, output: output.value, gradient: output.gradient, kernels: kernels, tree: tree)
                    )
                },
                descent: GradientDescent(
                    group.trained, momentum: momentum, weightDecay: weightDecay, kernels: kernels))
        }
    }

    /// The buffer of a task's labels; to be filled before `run`.
    package func labels(of task: LearningTask) -> UnsafeMutableBufferPointer<Float> {
        for unit in units {
            for (own, loss) in unit.losses where own.task == task {
                return UnsafeMutableBufferPointer(start: loss.labels, count: loss.labelCount)
            }
        }
        preconditionFailure("\(task) is not trained here")
    }

    /// Runs the step on the images and labels in the buffers.
    package func run(rate: Double) {
        for index in units.indices { run(unit: index, rate: rate) }
    }

    /// Runs one graph's part of the step; `afterGradients` is called when its gradients are complete and not yet used.
    package func run(unit index: Int, rate: Double, afterGradients: (() -> Void)? = nil) {
        let unit = units[index]
        unit.program.runForward(on: pool)
        for (task, loss) in unit.losses {
            let known = loss.countKnown(on: pool)
            loss.run(weight: task.weight, known: known, on: pool)
            let place = tasks.firstIndex(of: task)!
            losses[place] = loss.value(of: loss.subtreeSums, weight: task.weight, known: known)
        }
        unit.program.runBackward(on: pool)
        afterGradients?()
        unit.descent.update(rate: rate, on: pool)
    }
}
