import Collectives
import Testing

@Suite struct ShardsTests {
    @Test func everySampleIsDealtOnceAndEvenly() throws {
        for samples in 1...40 {
            for ranks in 1...samples {
                let ranges = try Shards(batch: samples, ranks: ranks).ranges
                #expect(ranges.flatMap { Array($0) } == Array(0..<samples))
                let sizes = ranges.map(\.count)
                #expect(sizes.count == ranks && sizes.max()! - sizes.min()! <= 1)
            }
        }
    }

    @Test func moreRanksThanSamplesAreRefused() {
        let error = #expect(throws: TooManyRanksError.self) { try Shards(batch: 4, ranks: 6) }
        let expected = """
            6 ranks cannot share a batch of 4 samples: start at most 4 ranks, or raise training.batch to at least 6
            """
        #expect(error?.description == expected)
        #expect(Shards(samples: 1, ranks: 2).ranges == [0..<0, 0..<1])
    }

    @Test func bucketsCloseWhenTheyAreFull() {
        let buckets = GradientBuckets(
            segments: [90..<100, 80..<90, 50..<80, 0..<0, 40..<44, 45..<50], bucketByteCount: 80
        ).buckets
        #expect(buckets.map(\.ranges) == [[80..<100], [50..<80], [40..<44, 45..<50]])
        #expect(buckets.map(\.lastSegment) == [1, 2, 5])
    }
}
