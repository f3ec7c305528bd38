/// Where one rank's time went since its session began, in seconds.
package struct RankTimes: Codable, Sendable, Equatable {
    package let rank: Int
    package let host: String
    package private(set) var steps = 0
    /// Within steps: forward, backward, update.
    package private(set) var computing = 0.0
    /// Within steps: waiting for pictures.
    package private(set) var pictures = 0.0
    /// Within steps: waiting for what other ranks send.
    package private(set) var communication = 0.0
    package var validation = 0.0
    package var saving = 0.0

    package init(rank: Int, host: String) {
        self.rank = rank
        self.host = host
    }

    /// Counts a step, and shares its seconds out: what was no waiting was computing.
    package mutating func add(_ step: StepReport) {
        steps += 1
        pictures += step.waitSeconds
        communication += step.communicationSeconds
        computing += step.seconds - step.waitSeconds - step.communicationSeconds
    }

    package var total: Double { computing + pictures + communication + validation + saving }
}
