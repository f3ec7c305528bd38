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
    ///
    /// - Parameters:
    ///   - bank: the filters as a training step has prepared them; more are prepared where needed.
    ///   - team: the ranks that make the same pass at the same time.
    package init(
        graphs: [Graph], parameters: NetworkParameters, samples: Int, kernels: Kernels, pool: ThreadPool,
        bank: PreparedBank? = nil, team: RankTeam = RankTeam()
    ) throws {
        self.pool = pool
        inputCount = samples * graphs[0].shapes[0].count
        inputMemory = AlignedMemory(byteCount: inputCount * MemoryLayout<Float>.stride)
        input = inputMemory.floats()
        let bank = bank ?? PreparedBank(storage: parameters.bank, kernels: kernels, pool: pool)
        let input = input
        let plans = zip(graphs, parameters.groups).map { graph, group in
            ProgramPlan(
                evaluating: graph, samples: samples, kernels: kernels, threads: pool.threads, bank: bank,
                trained: group.trained, statistics: group.statistics)
        }
        try team.prepare(bank)
        // Each program keeps an arena of its own: all tasks' outputs are read after the run.
        programs = plans.map { $0.bind(arena: AlignedMemory(byteCount: $0.arenaByteCount), inputs: [input]) }
    }

    /// How many samples a rank evaluates at once: no more than its part of a training batch, for which its memory is
    /// there, nor than its share of the samples. Figures do not depend on it. All ranks get the same.
    ///
    /// - Parameter least: what there should be to do at once where the share allows it, such as one sample for a thread.
    static func samples(batch: Int, of count: Int, least: Int = 1, ranks: Int) -> Int {
        func share(_ whole: Int) -> Int { (whole + ranks - 1) / ranks }
        return max(1, min(max(share(batch), least), share(count)))
    }

    /// The outputs of all tasks, valid until the next run.
    package var outputs: [Program.Output] { programs.flatMap(\.outputs) }

    package func run() {
        for program in programs { program.runForward(on: pool) }
    }
}
