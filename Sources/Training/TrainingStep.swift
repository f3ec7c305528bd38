import ConvolutionEngine
import Graph
import Networks
import Tasks
import TensorCore

/// An output of a network that is trained: its loss and its loss's weight.
package struct TrainedHead: Sendable, Hashable {
    /// The output's name in the graph.
    package var name: String
    package var loss: LossKind
    package var weight: Double

    package init(_ name: String, loss: LossKind, weight: Double) {
        self.name = name
        self.loss = loss
        self.weight = weight
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
        package let losses: [(place: Int, loss: TaskLoss)]
        package let descent: GradientDescent
    }

    package let parameters: NetworkParameters
    package let heads: [TrainedHead]
    package let units: [Unit]
    /// The normalized images, samples × height × width × 3; to be filled before `run`.
    package let input: UnsafeMutablePointer<Float>
    package let inputCount: Int
    /// Bytes that activations, gradients and scratch share.
    package let arenaByteCount: Int
    /// The last step's losses, weighted, in the order of `heads`.
    package private(set) var losses: [Double]

    private let pool: ThreadPool
    private let inputMemory: AlignedMemory

    /// - Parameters:
    ///   - samples: the batch.
    ///   - graphs: run one after the other; every output has a head.
    /// - Throws: where the network cannot be trained on so few samples.
    package init(
        graphs: [Graph], parameters: NetworkParameters, heads: [TrainedHead], samples: Int, momentum: Double,
        weightDecay: Double, kernels: Kernels, pool: ThreadPool
    ) throws(PlanningError) {
        self.parameters = parameters
        self.heads = heads
        self.pool = pool
        losses = [Double](repeating: 0, count: heads.count)
        let shape = graphs[0].shapes[0]
        inputCount = samples * shape.count
        inputMemory = AlignedMemory(byteCount: inputCount * MemoryLayout<Float>.stride)
        input = inputMemory.floats()
        let tree = ReductionTree(samples: samples)
        let bank = PreparedBank(storage: parameters.bank, kernels: kernels, pool: pool)
        var plans: [ProgramPlan] = []
        for (graph, group) in zip(graphs, parameters.groups) {
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
                    let place = heads.firstIndex { $0.name == output.name }!
                    return (
                        place,
                        TaskLoss(
                            heads[place].loss, output: output.value, gradient: output.gradient,
                            kernels: kernels, tree: tree)
                    )
                },
                descent: GradientDescent(
                    group.trained, momentum: momentum, weightDecay: weightDecay, kernels: kernels))
        }
    }

    /// The buffer of a task's labels; to be filled before `run`.
    package func labels(of name: String) -> UnsafeMutableBufferPointer<Float> {
        for unit in units {
            for (place, loss) in unit.losses where heads[place].name == name {
                return UnsafeMutableBufferPointer(start: loss.labels, count: loss.labelCount)
            }
        }
        preconditionFailure("\(name) is not trained here")
    }

    /// Runs the step on the images and labels in the buffers.
    package func run(rate: Double) {
        for index in units.indices { run(unit: index, rate: rate) }
    }

    /// Runs one graph's part of the step; `afterGradients` is called when its gradients are complete and not yet used.
    package func run(unit index: Int, rate: Double, afterGradients: (() -> Void)? = nil) {
        let unit = units[index]
        unit.program.runForward(on: pool)
        for (place, loss) in unit.losses {
            let known = loss.countKnown(on: pool)
            loss.run(weight: heads[place].weight, known: known, on: pool)
            losses[place] = loss.value(of: loss.subtreeSums, weight: heads[place].weight, known: known)
        }
        unit.program.runBackward(on: pool)
        afterGradients?()
        unit.descent.update(rate: rate, on: pool)
    }
}
