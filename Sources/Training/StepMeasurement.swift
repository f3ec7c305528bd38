import ConvolutionEngine

/// What a training step takes; its keys in JSON are these names in snake case.
package struct StepMeasurement: Encodable, Sendable {
    /// The median of the rounds.
    package let secondsPerStep: Double
    package let imagesPerSecond: Double
    /// Convolutions by direct counting; see `Graph.Flop`.
    package let flopPerStep: Int
    package let gflopPerSecond: Double
    /// Fused multiply-adds on the same threads in the same run.
    package let peakGflopPerSecond: Double
    package let shareOfPeak: Double
    /// The process's maximum so far.
    package let peakResidentBytes: Int
    /// What activations, gradients and scratch share.
    package let arenaBytes: Int
    package let threads: Int
    package let isa: String
    package let batch: Int
    package let rounds: Int
    /// Where the time goes, the longest first; nil unless asked for.
    package let rows: [StepProfile.Row]?

    init(
        secondsPerStep: Double, batch: Int, rounds: Int, flopPerStep: Int, peak: MeasuredPeak,
        instructionSet: InstructionSet, peakResidentBytes: Int, arenaBytes: Int, rows: [StepProfile.Row]?
    ) {
        self.secondsPerStep = secondsPerStep
        imagesPerSecond = Double(batch) / secondsPerStep
        self.flopPerStep = flopPerStep
        gflopPerSecond = Double(flopPerStep) / secondsPerStep / 1e9
        peakGflopPerSecond = peak.gflopPerSecond
        shareOfPeak = gflopPerSecond / peak.gflopPerSecond
        self.peakResidentBytes = peakResidentBytes
        self.arenaBytes = arenaBytes
        threads = peak.threads
        isa = instructionSet.rawValue
        self.batch = batch
        self.rounds = rounds
        self.rows = rows
    }
}
