import ConvolutionEngine

/// What a training step takes; its keys in JSON are these names in snake case.
package struct StepMeasurement: Encodable, Sendable {
    /// The median of the rounds.
    package let secondsPerStep: Double
    package let imagesPerSecond: Double
    /// Convolutions by direct counting; see `Graph.Flop`.
    package let flopPerStep: Int
    package let gflopPerSecond: Double
    /// Fused multiply-adds on the same threads in the same run, of all ranks together.
    package let peakGflopPerSecond: Double
    package let shareOfPeak: Double
    /// The process's maximum so far.
    package let peakResidentBytes: Int
    /// What activations, gradients and scratch share.
    package let arenaBytes: Int
    /// Of each rank.
    package let threads: Int
    package let ranks: Int
    package let isa: String
    package let batch: Int
    package let rounds: Int
    /// What the time is made of, where there are several ranks.
    package let shares: StepShares?
    /// What is sent, likewise.
    package let traffic: StepTraffic?
    /// Where the time goes, the longest first; nil unless asked for.
    package let rows: [StepProfile.Row]?

    init(
        times: StepShares, traffic: StepTraffic?, ranks: Int, batch: Int, rounds: Int, flopPerStep: Int,
        threads: Int, peakGflopPerSecond: Double, instructionSet: InstructionSet, peakResidentBytes: Int,
        arenaBytes: Int, rows: [StepProfile.Row]?
    ) {
        secondsPerStep = times.secondsPerStep
        shares = ranks > 1 ? times : nil
        self.traffic = traffic
        self.ranks = ranks
        imagesPerSecond = Double(batch) / secondsPerStep
        self.flopPerStep = flopPerStep
        gflopPerSecond = Double(flopPerStep) / secondsPerStep / 1e9
        self.peakGflopPerSecond = peakGflopPerSecond
        shareOfPeak = gflopPerSecond / peakGflopPerSecond
        self.peakResidentBytes = peakResidentBytes
        self.arenaBytes = arenaBytes
        self.threads = threads
        isa = instructionSet.rawValue
        self.batch = batch
        self.rounds = rounds
        self.rows = rows
    }
}
