import Collectives
import Configuration
import ConvolutionEngine
import Graph
import Networks
import TensorCore

/// Measures the training step of a configuration on random values, on one rank or on all ranks of a job.
package final class StepBenchmark {
    private let configuration: RunConfiguration
    private let content: RandomStep
    private let kernels: Kernels
    private let pool: ThreadPool
    private let team: RankTeam
    private let trace: Trace?

    /// All ranks of the team take part.
    ///
    /// - Parameter trace: what steps are added to.
    /// - Throws: `PlanningError` where the network cannot be trained on so few samples; `CollectiveError`.
    package init(
        _ configuration: RunConfiguration, kernels: Kernels, team: RankTeam = RankTeam(), trace: Trace? = nil
    ) throws {
        self.configuration = configuration
        self.kernels = kernels
        self.team = team
        self.trace = trace
        try team.agree(on: configuration.agreement(kernels))
        pool = configuration.parallel.threadPool(on: team.processors)
        content = try RandomStep(configuration, ranks: .team(team), kernels: kernels, pool: pool)
        if let trace { content.step.record(in: trace) }
    }

    /// Runs one step to warm up and then `rounds` that count; then measures the machine's peak with the same threads.
    /// All ranks get the same.
    ///
    /// - Parameter profile: whether to tell where the time goes, on this rank.
    package func run(rounds: Int, profile: Bool = false) throws -> StepMeasurement {
        precondition(rounds > 0, "a benchmark needs a round")
        let step = content.step
        if profile { for unit in step.units { for part in unit.parts { part.program.measureSteps() } } }
        trace?.step = 1
        _ = try content.run()
        var times = StepTimes(step, team: team)
        var rows = StepProfile(step: step, samples: step.shard.count)
        for round in 0..<rounds {
            trace?.step = round + 2
            let seconds = try times.add { try content.run() }
            if profile { rows.addRound(seconds: seconds) }
        }
        let peakResidentBytes = ProcessMemory.peakResidentBytes
        let flop = content.network.graphs.reduce(0) {
            $0 + $1.cost.trainingStepFlop(samples: configuration.training.batch)
        }
        let peak = MeasuredPeak(kernels: kernels, pool: pool)
        return StepMeasurement(
            times: try times.shares, traffic: try step.traffic(), ranks: team.size,
            batch: configuration.training.batch, rounds: rounds, flopPerStep: flop, threads: peak.threads,
            peakGflopPerSecond: try team.gather(peak.gflopPerSecond).reduce(0, +),
            instructionSet: kernels.instructionSet, peakResidentBytes: peakResidentBytes,
            arenaBytes: step.arenaByteCount, rows: profile ? rows.rows : nil)
    }

    /// The timelines of all ranks; nil where none were asked for. All ranks ask.
    package func timelines() throws -> RunTrace? {
        try trace.map { try RunTrace($0, graphs: content.step.outputs, team: team) }
    }
}
