import ConvolutionEngine
import Networks
import TensorCore

/// The time that merged networks take for one image. No kernel's time depends on values, so the image is random.
package struct InferenceBenchmark {
    private let networks: [MergedNetwork]
    private let pass: InferencePass
    private let kernels: Kernels
    private let pool: ThreadPool

    /// - Throws: `InferenceError` where the image is too large for the machine's memory.
    package init(
        _ networks: [MergedNetwork], height: Int, width: Int, kernels: Kernels, pool: ThreadPool
    ) throws(InferenceError) {
        self.networks = networks
        self.kernels = kernels
        self.pool = pool
        pass = try InferencePass(networks, height: height, width: width, kernels: kernels, pool: pool)
        let stream = RandomStream("image")
        for index in 0..<height * width * 3 { pass.input[index] = 2 * stream.signed(UInt64(index)) }
    }

    /// Runs every network once to warm up and then `rounds` times; then measures the machine's peak.
    package func run(rounds: Int) -> InferenceMeasurement {
        precondition(rounds > 0, "a benchmark needs a round")
        var seconds = networks.map { _ in [Double]() }
        for round in 0...rounds {
            for index in networks.indices {
                let start = ContinuousClock.now
                pass.run(index)
                if round > 0 { seconds[index].append((ContinuousClock.now - start).seconds) }
            }
        }
        let peakResidentBytes = ProcessMemory.peakResidentBytes
        let peak = MeasuredPeak(kernels: kernels, pool: pool)
        let rows = networks.indices.map { index in
            InferenceMeasurement.Row(
                task: networks[index].head.name, seconds: seconds[index].median, flop: pass.flop[index])
        }
        let total = (0..<rounds).map { round in seconds.reduce(0) { $0 + $1[round] } }.median
        let flop = pass.flop.reduce(0, +)
        return InferenceMeasurement(
            secondsPerImage: total, imagesPerSecond: 1 / total, flopPerImage: flop,
            gflopPerSecond: Double(flop) / total / 1e9, peakGflopPerSecond: peak.gflopPerSecond,
            peakResidentBytes: peakResidentBytes, arenaBytes: pass.arenaByteCount, height: pass.height,
            width: pass.width, threads: pool.threads, isa: kernels.instructionSet.rawValue, rounds: rounds, rows: rows)
    }
}

/// What inference takes; its keys in JSON are these names in snake case.
package struct InferenceMeasurement: Encodable, Sendable {
    /// One task of one image: seconds, and floating-point operations by direct counting.
    package struct Row: Encodable, Sendable {
        package let task: String
        /// The median of the rounds.
        package let seconds: Double
        package let flop: Int
    }

    /// All tasks, one after the other: the median of the rounds.
    package let secondsPerImage: Double
    package let imagesPerSecond: Double
    /// Convolutions of the merged networks by direct counting; see `Graph.Flop`.
    package let flopPerImage: Int
    package let gflopPerSecond: Double
    /// Fused multiply-adds on the same threads in the same run.
    package let peakGflopPerSecond: Double
    /// The process's maximum, reading and merging included.
    package let peakResidentBytes: Int
    /// What activations share.
    package let arenaBytes: Int
    package let height: Int
    package let width: Int
    package let threads: Int
    package let isa: String
    package let rounds: Int
    /// One for each task.
    package let rows: [Row]
}
