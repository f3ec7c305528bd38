import ConvolutionEngine
import TensorCore
import Testing

/// Results do not depend on threads, on how work is cut, nor on where in a batch a sample stands.
@Suite struct WinogradBitsTests {
    /// Some of the cases with three samples, and one that is cut into several blocks of tiles.
    private static let cases =
        stride(from: 0, to: WinogradCase.all.count, by: 2).map { index in
            var own = WinogradCase.all[index]
            own.own.samples = 3
            return own
        } + [
            WinogradCase(
                own: ConvolutionCase(
                    geometry: ConvolutionGeometry(inputChannels: 20, outputChannels: 40, kernelSize: 3, padding: 1),
                    samples: 3, height: 50, width: 61, hasBias: true), tile: 4)
        ]
    private static let sets = availableInstructionSets.filter { $0 != .scalar }

    private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

    @Test(arguments: cases)
    func threadsAndCutsChangeNothing(_ own: WinogradCase) {
        for set in Self.sets {
            var expected: [[UInt32]] = []
            for threads in [1, 2, 3, 64] {
                let run = WinogradRun(
                    own.own, tile: own.tile, kernels: Kernels(set), threads: threads,
                    pool: ThreadPool(threads: min(threads, 3)))
                let actual = [run.forward(), run.backwardToData(), run.filterGradient()].map(bits)
                if expected.isEmpty { expected = actual }
                #expect(actual == expected, "\(set), \(threads) threads")
            }
        }
    }

    @Test(arguments: cases)
    func sampleDoesNotDependOnItsBatch(_ own: WinogradCase) {
        let pool = ThreadPool(threads: 2)
        for set in Self.sets {
            let together = WinogradRun(own.own, tile: own.tile, kernels: Kernels(set), threads: 2, pool: pool)
            let alone = WinogradRun(own.own, tile: own.tile, kernels: Kernels(set), threads: 2, pool: pool)
            for sample in (0..<own.own.samples).reversed() {
                alone.forward(sample: sample)
                alone.backwardToData(sample: sample)
            }
            #expect(bits(together.forward()) == bits(alone.tensors.output.values), "\(set), forward")
            #expect(bits(together.backwardToData()) == bits(alone.tensors.inputGradient.values), "\(set), data")
        }
    }

    /// Eleven samples on one rank, and on three whose shards end several subtrees: every partial is its sample's own
    /// gradient, and the partials of the ranks fold to the bits of the whole.
    @Test(arguments: cases.indices.filter { $0 % 4 == 0 }.map { cases[$0] })
    func filterGradientIsFoldedAlongTheTree(_ own: WinogradCase) {
        let pool = ThreadPool(threads: 2)
        var own = own
        own.own.samples = 11
        func sum(_ a: [Float], _ b: [Float]) -> [Float] { zip(a, b).map { $0 + $1 } }
        for set in Self.sets {
            let run = WinogradRun(own.own, tile: own.tile, kernels: Kernels(set), threads: 2, pool: pool)
            let parts = (0..<11).map { run.filterGradient(sample: $0) }
            func subtree(_ range: Range<Int>) -> [Float] {
                if range.count == 1 { return parts[range.lowerBound] }
                var power = 1
                while power * 2 < range.count { power *= 2 }
                let middle = range.lowerBound + power
                return sum(subtree(range.lowerBound..<middle), subtree(middle..<range.upperBound))
            }
            let whole = run.filterGradient()
            #expect(bits(whole) == bits(subtree(0..<11)), "\(set)")
            let shards = [0..<3, 3..<9, 9..<11]
            var stack: [[Float]] = []
            let partials = shards.indices.flatMap {
                run.filterGradients(of: shards[$0], tree: ReductionTree(shard: $0, of: shards))
            }
            for (partial, merges) in zip(partials, ReductionTree(shard: 0, of: shards).subtreeMerges) {
                stack.append(partial)
                for _ in 0..<merges {
                    let right = stack.removeLast()
                    stack.append(sum(stack.removeLast(), right))
                }
            }
            #expect(stack.count == 1 && bits(stack[0]) == bits(whole), "\(set), three ranks")
        }
    }
}
