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

    /// Compared here and not in an expectation, which would look long for the difference of two long lists.
    private func isSame(_ first: [Float], _ second: [Float]) -> Bool {
        first.map(\.bitPattern) == second.map(\.bitPattern)
    }

    @Test(arguments: cases)
    func threadsChangeNothing(_ own: ConvolutionCase) {
        for set in availableInstructionSets {
            var expected: [[Float]] = []
            for threads in [1, 2, 3] {
                let run = ConvolutionRun(
                    own, kernels: Kernels(set), threads: threads, pool: ThreadPool(threads: threads))
                let actual = [
                    run.forward(), run.backwardToData(), run.filterGradient(cutThreads: threads), run.biasGradient(),
                ]
                if expected.isEmpty { expected = actual }
                let areSame = zip(actual, expected).map(isSame)
                #expect(areSame == [true, true, true, true], "\(set), \(threads) threads")
            }
        }
    }

    @Test(arguments: cases)
    func cutsChangeNothing(_ own: ConvolutionCase) {
        let pool = ThreadPool(threads: 2)
        for set in availableInstructionSets {
            let whole = ConvolutionRun(own, kernels: Kernels(set), threads: 1, pool: pool)
            let fine = ConvolutionRun(own, kernels: Kernels(set), threads: 64, pool: pool)
            let areSame = [
                isSame(whole.forward(), fine.forward()), isSame(whole.backwardToData(), fine.backwardToData()),
                isSame(whole.filterGradient(cutThreads: 1), fine.filterGradient(cutThreads: 64)),
            ]
            #expect(areSame == [true, true, true], "\(set)")
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
            let areSame = [
                isSame(together.forward(), alone.output.values),
                isSame(together.backwardToData(), alone.inputGradient.values),
            ]
            #expect(areSame == [true, true], "\(set)")
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
                let isFolded = isSame(run.filterGradient(cutThreads: 2), expected)
                #expect(isFolded, "\(set), \(samples) samples")
            }
        }
    }
}
