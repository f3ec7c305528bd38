import Datasets
import Testing

@Suite("The order of samples")
struct SampleOrderTests {
    @Test func everyEpochIsAPermutationAndNoTwoAreAlike() {
        let order = SampleOrder(count: 50, batchSize: 7, seed: 3)
        let epochs = (0..<4).map { epoch in order.draws(at: epoch * 50..<(epoch + 1) * 50) }
        for (number, epoch) in epochs.enumerated() {
            #expect(epoch.map(\.index).sorted() == Array(0..<50))
            #expect(epoch.allSatisfy { $0.epoch == number })
        }
        #expect(Set(epochs.map { $0.map(\.index) }).count == 4)
        let otherSeed = SampleOrder(count: 50, batchSize: 7, seed: 4)
        #expect(otherSeed.draws(at: 0..<50) != epochs[0])
    }

    @Test func batchesCrossEpochsAndNoneIsPartial() {
        let order = SampleOrder(count: 10, batchSize: 4, seed: 1)
        let batches = (0..<5).map { order.batch($0) }
        #expect(batches.allSatisfy { $0.count == 4 })
        #expect(batches.flatMap { $0 } == order.draws(at: 0..<20))
        #expect(batches[2].map(\.epoch) == [0, 0, 1, 1])
    }

    @Test func aBatchMayHoldSeveralEpochs() {
        let batch = SampleOrder(count: 2, batchSize: 5, seed: 1).batch(1)
        #expect(batch.map(\.epoch) == [2, 3, 3, 4, 4])
        #expect(SampleOrder(count: 1, batchSize: 3, seed: 9).batch(0).map(\.index) == [0, 0, 0])
    }

    @Test func aBatchDoesNotDependOnWhatWasAskedBefore() {
        let forward = SampleOrder(count: 11, batchSize: 3, seed: 5)
        let batches = (0..<20).map { forward.batch($0) }
        let backward = SampleOrder(count: 11, batchSize: 3, seed: 5)
        #expect((0..<20).reversed().map { backward.batch($0) } == batches.reversed())
    }

    /// Each of 6 samples stands first in a sixth of the epochs: 4 standard deviations of a binomial around it.
    @Test func everyPlaceIsAsLikely() {
        let order = SampleOrder(count: 6, batchSize: 6, seed: 8)
        let epochs = 3000
        var firsts = Array(repeating: 0, count: 6)
        for epoch in 0..<epochs {
            firsts[order.batch(epoch)[0].index] += 1
        }
        let deviation = (Double(epochs) * (1.0 / 6) * (5.0 / 6)).squareRoot()
        for count in firsts {
            #expect(abs(Double(count) - Double(epochs) / 6) < 4 * deviation)
        }
    }

    @Test func aMillionSamplesAreNoBurden() {
        let order = SampleOrder(count: 1_000_000, batchSize: 8, seed: 2)
        #expect(Set(order.draws(at: 999_992..<1_000_008).map(\.epoch)) == [0, 1])
    }
}
