import CThreadPool
import ConvolutionEngine
import TensorCore
import Testing

/// OpenBLAS as the reference of the direct kernels, and as a backend of its own.
@Suite(.enabled(if: (try? MatrixProducts.openblas.load()) != nil, "there is no OpenBLAS on this machine"))
struct BLASConvolutionTests {
    private let pool = ThreadPool(threads: 2)

    /// The three passes by `kernels`, with the work cut for `threads` threads.
    private func passes(_ own: ConvolutionCase, _ products: MatrixProducts, threads: Int = 2) -> [[Float]] {
        let kernels = Kernels(.best, choice: .direct, matrixProducts: products)
        let tensors = ConvolutionRun(own, kernels: kernels, threads: threads, pool: pool)
        let arguments = ArgumentStore()
        let steps = ConvolutionSteps(kernels: kernels, threads: threads, arguments: arguments)
        func run(_ steps: [mdl_step]) { pool.run(arguments.keep(steps), count: steps.count) }
        func memory(_ count: Int) -> UnsafeMutablePointer<Float> {
            arguments.keep([Float](repeating: .nan, count: count))
        }
        let filter = arguments.keep(tensors.filter)
        for transposed in [false, true] {
            let cut = ConvolutionCut(
                own.geometry, transposed: transposed, samples: own.samples, inputHeight: own.height,
                inputWidth: own.width, kernels: kernels, threads: max(threads, pool.threads))
            let prepared = memory(cut.preparedCount)
            let scratch = memory(cut.scratchCount)
            run([cut.prepare(filter, to: prepared, with: steps)])
            run([
                transposed
                    ? cut.backwardToData(
                        outputGradient: tensors.outputGradient.view, prepared: prepared,
                        inputGradient: tensors.inputGradient.view, accumulate: own.accumulates, scratch: scratch,
                        with: steps)
                    : cut.forward(
                        input: tensors.input.view, prepared: prepared,
                        bias: tensors.bias.map { UnsafePointer(arguments.keep($0)) }, output: tensors.output.view,
                        scratch: scratch, with: steps)
            ])
        }
        let tree = ReductionTree(samples: own.samples)
        let cut = FilterGradientCut(
            own.geometry, samples: own.samples, inputHeight: own.height, inputWidth: own.width, kernels: kernels,
            threads: max(threads, pool.threads), levels: tree.levels)
        let gradient = memory(own.geometry.filterCount)
        run(
            cut.steps(
                input: tensors.input.view, outputGradient: tensors.outputGradient.view, filterGradient: gradient,
                subtreeStride: 0, fold: tree.fold(in: arguments), scratch: memory(cut.scratchCount), with: steps))
        #expect(tensors.output.isIntactAround && tensors.inputGradient.isIntactAround)
        return [
            tensors.output.values, tensors.inputGradient.values,
            Array(UnsafeBufferPointer(start: gradient, count: own.geometry.filterCount)),
        ]
    }

    /// Sums of n products of values up to 1 stray by √n · 2⁻²⁴ of √n or so on either side.
    @Test(arguments: ConvolutionCase.all)
    func bothAgree(_ own: ConvolutionCase) {
        let terms = [
            own.geometry.taps * own.geometry.inputChannels, own.geometry.taps * own.geometry.outputChannels,
            own.samples * own.outputHeight * own.outputWidth,
        ]
        for (place, pair) in zip(passes(own, .own), passes(own, .openblas)).enumerated() {
            let error = zip(pair.0, pair.1).reduce(Float(0)) { worst, values in
                let difference = abs(values.0 - values.1)
                return difference.isNaN ? .infinity : max(worst, difference)
            }
            #expect(error <= Float(terms[place] + 8) * 0x1p-22, "pass \(place)")
        }
    }

    @Test(arguments: ConvolutionCase.all.prefix(12))
    func threadsChangeNothing(_ own: ConvolutionCase) {
        let expected = passes(own, .openblas, threads: 1)
        for threads in [2, 3] {
            let isSame = passes(own, .openblas, threads: threads) == expected
            #expect(isSame, "\(threads) threads")
        }
    }
}
