import Collectives

/// Where the time of training steps goes, by kind; the keys in JSON are these names in snake case. Medians over rounds,
/// and means over ranks.
package struct StepShares: Codable, Sendable, Equatable {
    package let secondsPerStep: Double
    /// What is left: forward, backward and update, and in task groups the wait for slower groups.
    package let computingSeconds: Double
    /// Waiting for gradients that have not come while there was something to compute, and for losses and counts.
    package let exposedCommunicationSeconds: Double
    /// Waiting for the batch-norm sums of other ranks.
    package let batchNormSynchronizationSeconds: Double
    /// Waiting for batches.
    package let dataWaitSeconds: Double
}

/// Measures steps of one rank.
struct StepTimes {
    private let step: TrainingStep
    private let team: RankTeam
    private var seconds: [Double] = []
    private var batchNorm: [Double] = []
    private var other: [Double] = []

    init(_ step: TrainingStep, team: RankTeam) {
        self.step = step
        self.team = team
    }

    /// Runs a step, which gives its seconds, and passes them on.
    mutating func add(_ run: () throws -> Double) rethrows -> Double {
        let before = step.communication?.waits ?? StepWaits()
        let own = try run()
        let after = step.communication?.waits ?? StepWaits()
        seconds.append(own)
        batchNorm.append(Double(after.batchNorm - before.batchNorm) / 1e9)
        other.append(Double(after.other - before.other) / 1e9)
        return own
    }

    /// This rank's median.
    var secondsPerStep: Double { seconds.median }

    /// Of all ranks, which all take part.
    var shares: StepShares {
        get throws {
            func mean(_ values: [Double]) throws -> Double {
                try team.gather(values.median).reduce(0, +) / Double(team.size)
            }
            let (seconds, batchNorm, other) = (try mean(seconds), try mean(batchNorm), try mean(other))
            return StepShares(
                secondsPerStep: seconds, computingSeconds: seconds - batchNorm - other,
                exposedCommunicationSeconds: other, batchNormSynchronizationSeconds: batchNorm,
                // Random values lie ready.
                dataWaitSeconds: 0)
        }
    }
}
