import CConvolution
import CThreadPool
import ConvolutionEngine
import TensorCore
import Testing

/// A pass over what a convolution writes gives the same bits in the convolution's loop as in one of its own.
@Suite struct RowChainTests {
    /// One pass of a case by a `ConvolutionCut`, with the sums of batch normalization over what it writes.
    private final class Run {
        private let own: ConvolutionCase
        private let transposed: Bool
        private let cut: ConvolutionCut
        private let tensors: ConvolutionRun
        private let arguments = ArgumentStore()
        private let steps: ConvolutionSteps
        private let pool: ThreadPool

        init(_ own: ConvolutionCase, transposed: Bool, kernels: Kernels, threads: Int, pool: ThreadPool) {
            self.own = own
            self.transposed = transposed
            self.pool = pool
            tensors = ConvolutionRun(own, kernels: kernels, threads: threads, pool: pool)
            steps = ConvolutionSteps(kernels: kernels, threads: threads, arguments: arguments)
            cut = ConvolutionCut(
                own.geometry, transposed: transposed, samples: own.samples, inputHeight: own.height,
                inputWidth: own.width, kernels: kernels, threads: threads)
        }

        private var output: TensorView { transposed ? tensors.inputGradient.view : tensors.output.view }

        /// Whether an item writes neighbouring rows.
        var isRowwise: Bool {
            cut.algorithm == .direct ? !transposed || own.geometry.stride == 1 : own.geometry.dilation == 1
        }

        private func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
            arguments.keep([Float](repeating: .nan, count: count))
        }

        private func convolution() -> mdl_step {
            let prepared = floats(cut.preparedCount)
            pool.run([cut.prepare(arguments.keep(tensors.filter), to: prepared, with: steps)], count: 1)
            let scratch = floats(pool.threads * cut.scratchCount)
            return transposed
                ? cut.backwardToData(
                    outputGradient: tensors.outputGradient.view, prepared: prepared,
                    inputGradient: output, accumulate: own.accumulates, scratch: scratch, with: steps)
                : cut.forward(
                    input: tensors.input.view, prepared: prepared,
                    bias: tensors.bias.map { UnsafePointer(arguments.keep($0)) }, output: output, scratch: scratch,
                    with: steps)
        }

        /// What is written, then the sums of every chunk; nil where there is to be one loop and none can be made.
        func run(chained: Bool, times: Int = 1) -> [[UInt64]]? {
            let output = output
            let items = output.samples * Int(output.rows.chunks)
            let partial = arguments.keep([Double](repeating: .nan, count: items * 2 * output.channels))
            let sums = mdl_statistics(x: output.view, extent: output.extent, rows: output.rows, partial: partial)
            let pass = mdl_step(
                kernel: steps.kernels.passes.statistics, arguments: arguments.keep(sums), items: Int32(items), tag: 0)
            let convolution = convolution()
            var all = [convolution, pass]
            if chained {
                guard
                    let chain = cut.chain(
                        convolution, writing: output, with: RowPass(pass, over: output), in: arguments)
                else { return nil }
                all = [chain]
            }
            for _ in 0..<times { pool.run(all, count: all.count) }
            let written = (transposed ? tensors.inputGradient : tensors.output).values
            return [
                written.map { UInt64($0.bitPattern) },
                UnsafeBufferPointer(start: partial, count: items * 2 * output.channels).map(\.bitPattern),
            ]
        }
    }

    /// Every fourth of the drawn ones, and some that are cut into many items and chunks.
    private static let cases: [ConvolutionCase] =
        ConvolutionCase.chosen
        + stride(from: ConvolutionCase.chosen.count, to: ConvolutionCase.all.count, by: 4).map {
            ConvolutionCase.all[$0]
        }
        + [(20, 40, 3, 50, 61), (48, 70, 1, 40, 33), (5, 16, 3, 97, 12), (64, 33, 3, 30, 64)].map {
            inputs, outputs, kernel, height, width in
            ConvolutionCase(
                geometry: ConvolutionGeometry(
                    inputChannels: inputs, outputChannels: outputs, kernelSize: kernel, padding: kernel / 2),
                samples: 3, height: height, width: width, outputGap: 16)
        }

    @Test(arguments: cases, [false, true])
    func chainComputesWhatItsPartsCompute(_ own: ConvolutionCase, transposed: Bool) {
        for set in availableInstructionSets where set != .scalar {
            for choice in [ConvolutionChoice.direct, .winograd] {
                for threads in [1, 2, 3, 64] {
                    let pool = ThreadPool(threads: min(threads, 3))
                    func run(chained: Bool, times: Int = 1) -> (result: [[UInt64]]?, isRowwise: Bool) {
                        let run = Run(
                            own, transposed: transposed, kernels: Kernels(set, choice: choice), threads: threads,
                            pool: pool)
                        return (run.run(chained: chained, times: times), run.isRowwise)
                    }
                    // What is accumulated differs from run to run.
                    let times = own.accumulates && transposed ? 1 : 3
                    let (chained, isRowwise) = run(chained: true, times: times)
                    #expect((chained != nil) == isRowwise)
                    guard let chained else { continue }
                    let isSame = chained == run(chained: false).result
                    #expect(isSame, "\(set), \(choice), \(threads) threads")
                }
            }
        }
    }
}
