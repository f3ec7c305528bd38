import Configuration
import ConvolutionEngine
import CThreadPool
import Networks
import TensorCore

/// The convolutions of a configuration's networks, one by one: by the algorithm that a training step takes and, in
/// turns, by OpenBLAS over gathered patches. Layers that do the same are measured once.
package final class ConvolutionBenchmark {
    /// One pass over one layer.
    package struct Row: Encodable, Sendable {
        /// After the first such layer.
        package let layer: String
        /// How many such layers have this pass.
        package let layers: Int
        package let inputChannels: Int
        package let outputChannels: Int
        package let kernelSize: Int
        package let stride: Int
        package let dilation: Int
        /// Height and width of the output.
        package let outputSize: [Int]
        package let pass: String
        package let algorithm: String
        /// The median of the rounds, as the next.
        package let seconds: Double
        /// By direct counting, of all samples.
        package let gflopPerSecond: Double
        package let shareOfPeak: Double
        /// nil where there is no OpenBLAS.
        package let openblasSeconds: Double?
    }

    package struct Measurement: Encodable, Sendable {
        package let peakGflopPerSecond: Double
        package let threads: Int
        package let isa: String
        package let batch: Int
        package let rounds: Int
        /// How algorithms were chosen, see `Kernels.choiceName`.
        package let convolution: String
        package let rows: [Row]
    }

    private let kernels: Kernels
    /// The same instruction set with OpenBLAS, where there is one.
    private let blasKernels: Kernels?
    private let pool: ThreadPool
    private let samples: Int
    private let layers: [LayerCensus.Entry]

    package init(_ configuration: RunConfiguration, kernels: Kernels) {
        self.kernels = kernels
        pool = configuration.parallel.threadPool()
        samples = configuration.training.batch
        let isThere = (try? MatrixProducts.openblas.load()) != nil
        blasKernels =
            isThere ? Kernels(kernels.instructionSet, choice: .direct, matrixProducts: .openblas) : nil
        layers = LayerCensus(MultiTaskNetwork(configuration).graphs, choice: kernels.choice).entries
    }

    /// Measures the machine's peak, then `rounds` paired rounds of every pass after one that does not count.
    ///
    /// - Parameter watch: told how many layers are done, of how many.
    package func run(rounds: Int, watch: (Int, Int) -> Void = { _, _ in }) -> Measurement {
        precondition(rounds > 0, "a benchmark needs a round")
        let peak = MeasuredPeak(kernels: kernels, pool: pool)
        var rows: [Row] = []
        for (place, entry) in layers.enumerated() {
            let (layer, geometry) = (entry.layer, entry.layer.geometry)
            let trial = ConvolutionTrial(layer, samples: samples)
            let flop = samples * geometry.flop(outputHeight: layer.outputHeight, outputWidth: layer.outputWidth)
            for pass in entry.passes {
                var timing = PairedRounds(
                    [kernels, blasKernels].compactMap { $0 }.map { trial.steps(pass, $0, pool: pool) }, pool: pool)
                for _ in 0..<rounds { timing.addRound() }
                let seconds = timing.medians
                let rate = Double(flop) / seconds[0] / 1e9
                rows.append(
                    Row(
                        layer: entry.name, layers: entry.counts[pass]!, inputChannels: geometry.inputChannels,
                        outputChannels: geometry.outputChannels, kernelSize: geometry.kernelSize,
                        stride: geometry.stride, dilation: geometry.dilation,
                        outputSize: [layer.outputHeight, layer.outputWidth], pass: pass.rawValue,
                        algorithm: kernels.algorithm(LayerPass(layer, pass)).description, seconds: seconds[0],
                        gflopPerSecond: rate, shareOfPeak: rate / peak.gflopPerSecond,
                        openblasSeconds: seconds.count > 1 ? seconds[1] : nil))
            }
            watch(place + 1, layers.count)
        }
        return Measurement(
            peakGflopPerSecond: peak.gflopPerSecond, threads: pool.threads, isa: kernels.instructionSet.rawValue,
            batch: samples, rounds: rounds, convolution: kernels.choiceName, rows: rows)
    }
}
