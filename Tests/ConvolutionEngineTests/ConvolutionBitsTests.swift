import ConvolutionEngine
import TensorCore
import Testing

/// Results do not depend on threads, on how work is cut, nor on where in a batch a sample stands.
@Suite struct ConvolutionBitsTests {
    /// Every chosen case, and some of the drawn ones, with at least three samples.
    private static let cases = ConvolutionCase.all.prefix(40).map { own in
        var own = own
        own.samples = max(3, own.samples)
        return own
    }

    private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

    @Test(arguments: cases)
    func threadsChangeNothing(_ own: ConvolutionCase) {
        for set in availableInstructionSets {
            var expected: [[UInt32]] = []
            for threads in [1, 2, 3] {
                let run = ConvolutionRun(
                    own, kernels: Kernels(set), threads: threads, pool: ThreadPool(threads: threads))
                let actual = [
                    run.forward(), run.backwardToData(), run.filterGradient(cutThreads: threads), run.biasGradient(),
                ].map(bits)
                if expected.isEmpty { expected = actual }
                #expect(actual == expected, "\(set), \(threads) threads")
            }
        }
    }

    @Test(arguments: cases)
    func cutsChangeNothing(_ own: ConvolutionCase) {
        let pool = ThreadPool(threads: 2)
        for set in availableInstructionSets {
            let whole = ConvolutionRun(own, kernels: Kernels(set), threads: 1, pool: pool)
            let fine = ConvolutionRun(own, kernels: Kernels(set), threads: 64, pool: pool)
            #expect(bits(whole.forward()) == bits(fine.forward()), "\(set), forward")
            #expect(bits(whole.backwardToData()) == bits(fine.backwardToData()), "\(set), data")
            #expect(
                bits(whole.filterGradient(cutThreads: 1)) == bits(fine.filterGradient(cutThreads: 64)),
                "\(set), filter")
        }
    }

    @Test(arguments: cases)
    func sampleDoesNotDependOnItsBatch(_ own: ConvolutionCase) {
        let pool = ThreadPool(threads: 2)
        for set in availableInstructionSets {
            let together = ConvolutionRun(own, kernels: Kernels(set), threads: 2, pool: pool)
            let alone = ConvolutionRun(own, kernels: Kernels(set), threads: 2, pool: pool)
            for sample in (0..<own.samples).reversed() {
                alone.forward(sample: sample)
                alone.backwardToData(sample: sample)
            }
            #expect(bits(together.forward()) == bits(alone.output.values), "\(set), forward")
            #expect(bits(together.backwardToData()) == bits(alone.inputGradient.values), "\(set), data")
        }
    }

    /// Three samples fold as (0 + 1) + 2, five as ((0 + 1) + (2 + 3)) + 4: every partial is its sample's own gradient.
    @Test(arguments: cases)
    func filterGradientIsFoldedAlongTheTree(_ own: ConvolutionCase) {
        let pool = ThreadPool(threads: 2)
        for set in availableInstructionSets {
            var own = own
            for samples in [3, 5] {
                own.samples = samples
                let run = ConvolutionRun(own, kernels: Kernels(set), threads: 2, pool: pool)
                let parts = (0..<samples).map { run.filterGradient(sample: $0, cutThreads: 1) }
                func sum(_ a: [Float], _ b: [Float]) -> [Float] { zip(a, b).map { $0 + $1 } }
                var expected = sum(parts[0], parts[1])
                if samples == 5 { expected = sum(expected, sum(parts[2], parts[3])) }
                expected = sum(expected, parts[samples - 1])
                #expect(bits(run.filterGradient(cutThreads: 2)) == bits(expected), "\(set), \(samples) samples")
            }
        }
    }
}
