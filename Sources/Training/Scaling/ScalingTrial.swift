import Collectives
import Configuration
import ConvolutionEngine

/// The training step of a configuration on the ranks of a job, against the same ranks without each other; the keys in
/// JSON are these names in snake case.
///
/// In every round the first rank computes its shard alone, all ranks compute their shards side by side without a word,
/// then together, and then together with the plain reduction; so what else the machine does meets all alike. Medians.
package struct ScalingTrial: Codable, Sendable, Equatable {
    package let ranks: Int
    /// Of each rank.
    package let threads: Int
    package let isa: String
    /// Of all ranks together.
    package let batch: Int
    package let rounds: Int
    package let imagesPerSecond: Double
    /// Together, with the configuration's reduction.
    package let shares: StepShares
    /// The first rank's shard, while the others do nothing.
    package let loneSecondsPerStep: Double
    /// Every rank's shard at the same time, none of which waits for another; the mean over ranks.
    package let sideBySideSecondsPerStep: Double
    /// What those compute together.
    package let sideBySideImagesPerSecond: Double
    /// Images per second, against ranks side by side.
    package let efficiency: Double
    /// Images per second, against the first rank alone times the number of ranks.
    package let efficiencyAgainstLone: Double
    /// With the plain reduction; nil for one rank, as all that follows.
    package let plainSecondsPerStep: Double?
    /// What the configuration's reduction takes more than the plain one, of the latter's step.
    package let costOfReduction: Double?
    package let bytesSentPerStep: Double?
    package let gradientBytesSentPerStep: Double?
    /// By the formula: gradients' bytes × factor.
    package let expectedGradientBytesPerStep: Double?
    package let factor: Double?
    package let sumBytesSentPerStep: Double?
    /// As it was measured in the same run.
    package let link: LinkModel?
    /// From ranks side by side, and the link.
    package let predictedSecondsPerStep: Double?
    /// Predicted over measured time.
    package let predictionRatio: Double?

    /// Measures `rounds` rounds after one that does not count. All ranks take part and get the same.
    package init(_ configuration: RunConfiguration, team: RankTeam, kernels: Kernels, rounds: Int) throws {
        precondition(rounds > 0, "a benchmark needs a round")
        try team.agree(on: configuration.agreement(kernels))
        let pool = configuration.parallel.threadPool(on: team.processors)
        func made(_ configuration: RunConfiguration, _ ranks: RandomStep.Ranks) throws -> RandomStep {
            try RandomStep(configuration, ranks: ranks, kernels: kernels, pool: pool)
        }
        let together = try made(configuration, .team(team))
        let shard = together.step.shard.count
        var alone = configuration
        alone.training.batch = shard
        alone.parallel.taskGroups = .count(1)
        // One sample alone has one value per channel in places, which training refuses.
        let own =
            team.size == 1
            ? together : try shard > 1 ? made(alone, .team(RankTeam())) : made(configuration, .imagined(team.size))
        var plainly = configuration
        plainly.parallel.reduction = .plain
        let plain = team.size == 1 ? nil : try made(plainly, .team(team))

        var times = StepTimes(together.step, team: team)
        var (lone, sideBySide, plainTimes): ([Double], [Double], [Double]) = ([], [], [])
        for round in 0...rounds {
            try team.meet()
            if team.size > 1 {
                if team.isFirst {
                    let seconds = try own.run()
                    if round > 0 { lone.append(seconds) }
                }
                try team.meet()
                let seconds = try own.run()
                if round > 0 { sideBySide.append(seconds) }
                try team.meet()
            }
            if round > 0 {
                _ = try times.add { try together.run() }
            } else {
                _ = try together.run()
            }
            if let plain {
                try team.meet()
                let seconds = try plain.run()
                if round > 0 { plainTimes.append(seconds) }
            }
        }
        shares = try times.shares
        ranks = team.size
        threads = pool.threads
        isa = kernels.instructionSet.rawValue
        batch = configuration.training.batch
        self.rounds = rounds
        let step = shares.secondsPerStep
        imagesPerSecond = Double(batch) / step
        let side = try team.gather(team.size > 1 ? sideBySide.median : step)
        let counts = try team.gather(Double(shard))
        sideBySideSecondsPerStep = side.reduce(0, +) / Double(side.count)
        sideBySideImagesPerSecond = zip(counts, side).reduce(0) { $0 + $1.0 / $1.1 }
        loneSecondsPerStep = try team.gather(team.size > 1 ? lone.isEmpty ? 0 : lone.median : step)[0]
        efficiency = imagesPerSecond / sideBySideImagesPerSecond
        efficiencyAgainstLone = imagesPerSecond * loneSecondsPerStep / (counts[0] * Double(team.size))

        let traffic = try together.step.traffic()
        bytesSentPerStep = traffic?.bytesSentPerStep
        gradientBytesSentPerStep = traffic?.gradientBytesSentPerStep
        expectedGradientBytesPerStep = traffic?.expectedGradientBytesPerStep
        factor = traffic?.factor
        sumBytesSentPerStep = traffic?.sumBytesSentPerStep
        guard plain != nil, let traffic, let link = try LinkModel(team) else {
            (plainSecondsPerStep, costOfReduction, self.link) = (nil, nil, nil)
            (predictedSecondsPerStep, predictionRatio) = (nil, nil)
            return
        }
        self.link = link
        let plainSeconds = try team.gather(plainTimes.median).reduce(0, +) / Double(team.size)
        plainSecondsPerStep = plainSeconds
        costOfReduction = step / plainSeconds - 1
        let imagined = try made(configuration, .imagined(team.size))
        try team.meet()
        let (timeline, _) = try imagined.timeline(rounds: rounds)
        let sharing = together.groups.groups.map(\.ranks.count).max()!
        let predicted = StepPrediction(timeline, link: link, ranks: sharing, factor: traffic.factor)
        let seconds = try team.gather(predicted.secondsPerStep).max()!
        predictedSecondsPerStep = seconds
        predictionRatio = seconds / step
    }
}

extension RankTeam {
    /// Waits until all ranks are here.
    func meet() throws(CollectiveError) { _ = try gather([UInt8]()) }
}
