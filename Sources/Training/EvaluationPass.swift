import ConvolutionEngine
import Graph
import Networks
import TensorCore

/// A network in evaluation: batch normalization by running statistics, nothing kept for a backward pass.
package final class EvaluationPass {
    package let programs: [Program]
    /// The normalized images, samples × height × width × 3; to be filled before `run`.
    package let input: UnsafeMutablePointer<Float>
    package let inputCount: Int

    private let pool: ThreadPool
    private let inputMemory: AlignedMemory

    /// Shares `parameters` with a training step, so that it evaluates what has been learned so far.
    package init(
        graphs: [Graph], parameters: NetworkParameters, samples: Int, kernels: Kernels, pool: ThreadPool
    ) {
        self.pool = pool
        inputCount = samples * graphs[0].shapes[0].count
        inputMemory = AlignedMemory(byteCount: inputCount * MemoryLayout<Float>.stride)
        input = inputMemory.floats()
        let bank = PreparedBank(storage: parameters.bank, kernels: kernels, pool: pool)
        let input = input
        programs = zip(graphs, parameters.groups).map { graph, group in
            let plan = ProgramPlan(
                evaluating: graph, samples: samples, kernels: kernels, threads: pool.threads, bank: bank,
                trained: group.trained, statistics: group.statistics)
            // Each program keeps an arena of its own: all tasks' outputs are read after the run.
            return plan.bind(arena: AlignedMemory(byteCount: plan.arenaByteCount), input: input)
        }
    }

    /// The outputs of all tasks, valid until the next run.
    package var outputs: [Program.Output] { programs.flatMap(\.outputs) }

    package func run() {
        for program in programs { program.runForward(on: pool) }
    }
}
