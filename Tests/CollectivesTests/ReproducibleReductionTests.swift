import Collectives
import CollectivesSupport
import ConvolutionEngine
import Testing

@Suite struct ReproducibleReductionTests {
    struct Outcome {
        let gradient: [Float]
        let byteCount: Int
    }

    /// Reduces a bucket of all gradients on simulated ranks.
    func reduce(
        samples: Int, ranks: Int, count: Int, bucket: GradientBucket? = nil, pieceCount: Int
    ) throws -> [Outcome] {
        let gradients = SampleGradients(samples: samples, count: count)
        let shards = try Shards(batch: samples, ranks: ranks)
        return try onRanks(ranks) { communicator in
            let tree = ReductionTree(shard: communicator.rank, of: shards.ranges)
            let stride = count + 16
            var partials = gradients.partials(of: shards.ranges[communicator.rank], tree, stride: stride)
            let reduction = ReproducibleReduction(communicator: communicator, tree: tree, pieceCount: pieceCount)
            try partials.withUnsafeMutableBufferPointer { memory in
                let arena = GradientArena(base: memory.baseAddress!, stride: stride, subtrees: tree.subtrees)
                let bucket = bucket ?? GradientBucket(ranges: [0..<count])
                try reduction.operation(for: bucket, in: arena).runAndWait()
            }
            return Outcome(gradient: Array(partials[..<count]), byteCount: reduction.byteCount)
        }
    }

    @Test(arguments: 1...8)
    func ranksGetTheBitsOfOneProcess(ranks: Int) throws {
        for samples in [ranks, ranks + 1, 8, 11, 12, 13] where samples >= ranks {
            let expected = bits(SampleGradients(samples: samples, count: 53).sum())
            for outcome in try reduce(samples: samples, ranks: ranks, count: 53, pieceCount: 53) {
                #expect(bits(outcome.gradient) == expected, "\(samples) samples")
            }
        }
    }

    @Test(arguments: [1, 2, 3, 7, 52, 53, 1000])
    func piecesOfAnySizeGiveTheSameBits(pieceCount: Int) throws {
        let expected = bits(SampleGradients(samples: 7, count: 53).sum())
        for outcome in try reduce(samples: 7, ranks: 3, count: 53, pieceCount: pieceCount) {
            #expect(bits(outcome.gradient) == expected)
        }
    }

    @Test func onlyTheBucketsRangesChange() throws {
        let bucket = GradientBucket(ranges: [3..<10, 20..<21, 30..<44])
        let samples = 6
        let shards = try Shards(batch: samples, ranks: 2)
        let gradients = SampleGradients(samples: samples, count: 53)
        let whole = gradients.sum()
        for (rank, outcome) in try reduce(samples: samples, ranks: 2, count: 53, bucket: bucket, pieceCount: 5)
            .enumerated()
        {
            let tree = ReductionTree(shard: rank, of: shards.ranges)
            var expected = Array(gradients.partials(of: shards.ranges[rank], tree, stride: 53)[..<53])
            for range in bucket.ranges { expected.replaceSubrange(range, with: whole[range]) }
            #expect(bits(outcome.gradient) == bits(expected))
        }
    }

    @Test(arguments: [(8, 2), (8, 4), (12, 3), (8, 8), (16, 4)])
    func singleSubtreesSendNoMoreThanTheLeast(samples: Int, ranks: Int) throws {
        let count = ranks * 16
        let least = 2 * (ranks - 1) * count * MemoryLayout<Float>.stride / ranks
        for outcome in try reduce(samples: samples, ranks: ranks, count: count, pieceCount: ranks * 4) {
            #expect(outcome.byteCount == least)
        }
    }

    @Test(arguments: [(12, 2), (12, 4), (7, 3), (13, 5), (8, 2)])
    func theFactorIsWhatIsSent(samples: Int, ranks: Int) throws {
        let count = ranks * 16
        let shards = try Shards(batch: samples, ranks: ranks)
        let sent = try reduce(samples: samples, ranks: ranks, count: count, pieceCount: count).map(\.byteCount)
        let traffic = ReductionTraffic(ReductionTree(shard: 0, of: shards.ranges))
        let bytes = Double(count * MemoryLayout<Float>.stride * ranks)
        // Both are quotients of whole numbers below 2^53, rounded a few times.
        #expect(abs(traffic.factor * bytes - Double(sent.reduce(0, +))) < 1e-9 * bytes)
        #expect(traffic.factor >= traffic.leastFactor)
    }

    @Test func plainReductionAddsUp() throws {
        let (samples, ranks, count) = (6, 4, 37)
        let gradients = SampleGradients(samples: samples, count: count)
        let shards = try Shards(batch: samples, ranks: ranks)
        let expected = gradients.sum()
        // Six terms below 2^20: on either side five roundings of at most 2^-24 relative to sums below 6 · 2^20.
        let tolerance: Float = 60 * 0x1p-4
        for bucket in [GradientBucket(ranges: [0..<count]), GradientBucket(ranges: [0..<9, 10..<count])] {
            let results = try onRanks(ranks) { communicator in
                let tree = ReductionTree(shard: communicator.rank, of: shards.ranges)
                var partials = gradients.partials(of: shards.ranges[communicator.rank], tree, stride: count)
                let reduction = PlainReduction(communicator: communicator, largestBucket: count)
                try partials.withUnsafeMutableBufferPointer { memory in
                    let arena = GradientArena(base: memory.baseAddress!, stride: count, subtrees: tree.subtrees)
                    try reduction.operation(for: bucket, in: arena).runAndWait()
                }
                return Array(partials[..<count])
            }
            for result in results {
                for range in bucket.ranges {
                    for index in range {
                        let difference: Float = abs(result[index] - expected[index])
                        #expect(difference <= tolerance)
                    }
                }
            }
        }
    }
}
