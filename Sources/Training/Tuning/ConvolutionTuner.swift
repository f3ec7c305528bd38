import ConvolutionEngine
import TensorCore

/// Measures by which algorithm passes over layers are fastest.
///
/// Always on one thread and over a number of samples that follows from the layer, so that what is measured says the same
/// for every number of threads and ranks and for every batch.
struct ConvolutionTuner {
    private let kernels: Kernels
    private let pool = ThreadPool(threads: 1)

    init(_ kernels: Kernels) {
        self.kernels = kernels
    }

    /// Whether there is anything to choose.
    func hasChoice(_ layer: ConvolutionLayer) -> Bool {
        // The scalar reference is not there to be fast.
        kernels.instructionSet != .scalar && layer.candidates.count > 1
    }

    /// Times every candidate of the passes: for each pass two runs of each candidate and seven rounds of those that come
    /// near the fastest, of which the shortest counts; after three rounds none begins later than half a second.
    ///
    /// - Parameter watch: called after every pass.
    func timings(
        _ layer: ConvolutionLayer, _ passes: [ConvolutionPass], watch: () -> Void = {}
    ) -> ConvolutionTimings {
        // Small layers by several samples, as a step computes them.
        let samples = max(1, min(8, (1 << 20) / (layer.height * layer.width * layer.geometry.inputChannels)))
        let trial = ConvolutionTrial(layer, samples: samples)
        var timings: [LayerPass: [ConvolutionAlgorithm: Double]] = [:]
        for pass in passes {
            let own = LayerPass(layer, pass)
            var rounds = PairedRounds(
                layer.candidates.map { trial.steps(pass, forced($0, own), pool: pool) }, pool: pool)
            let limit = 1.5 * rounds.estimates.min()!
            let near = layer.candidates.indices.filter { rounds.estimates[$0] <= limit }
            let start = MonotonicClock.nanoseconds
            for round in 0..<7 where round < 3 || MonotonicClock.nanoseconds - start < 500_000_000 {
                rounds.addRound(of: near)
            }
            let milliseconds = rounds.shortest.map { Self.rounded(1e3 * $0 / Double(samples)) }
            timings[own] = Dictionary(uniqueKeysWithValues: zip(layer.candidates, milliseconds))
            watch()
        }
        return ConvolutionTimings(timings)
    }

    /// Kernels that take one algorithm for the pass.
    private func forced(_ algorithm: ConvolutionAlgorithm, _ pass: LayerPass) -> Kernels {
        Kernels(kernels.instructionSet, choice: .auto, measured: AlgorithmTable([pass: algorithm]))
    }

    /// As many digits as files keep, so that a session which measures and one which reads decide alike.
    private static func rounded(_ milliseconds: Double) -> Double { max(1, (milliseconds * 1e5).rounded()) / 1e5 }
}
