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
        samples: Int, ranks: Int, count: Int, bucket: ReductionBucket? = nil, pieceCount: Int
    ) throws -> [Outcome] {
        let gradients = SampleGradients(samples: samples, count: count)
        let shards = try Shards(batch: samples, ranks: ranks)
        return try onRanks(ranks) { communicator in
            let tree = ReductionTree(shard: communicator.rank, of: shards.ranges)
            let stride = count + 16
            var partials = gradients.partials(of: shards.ranges[communicator.rank], tree, stride: stride)
            let reduction = ReproducibleReduction(
                communicator: communicator, tree: tree, pieceByteCount: 4 * pieceCount)
            try partials.withUnsafeMutableBufferPointer { memory in
                let arena = ReductionArena(base: memory.baseAddress!, stride: stride, subtrees: tree.subtrees)
                let bucket = bucket ?? ReductionBucket(ranges: [0..<count])
                try complete([reduction.operation(for: bucket, in: arena)])
            }
            return Outcome(gradient: Array(partials[..<count]), byteCount: reduction.sent.bytes)
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
        let bucket = ReductionBucket(ranges: [3..<10, 20..<21, 30..<44])
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

    /// What batch norms exchange, on ranks that take turns in one thread.
    ///
    /// - Returns: the sums of every rank, and what it sent.
    func reduce(
        _ element: ReductionElement, samples: Int, ranks: Int, count: Int,
        _ messages: ReproducibleReduction.Messages, pieceByteCount: Int = 1 << 20
    ) throws -> [(sums: [Double], sent: SentData)] {
        let sums = SampleSums(element, samples: samples, count: count)
        let shards = try Shards(batch: samples, ranks: ranks)
        let doubles = count * element.stride / MemoryLayout<Double>.stride
        let parts = ThreadCommunicator.world(ranksOfNodes: [ranks]).map { communicator in
            let tree = ReductionTree(shard: communicator.rank, of: shards.ranges)
            let reduction = ReproducibleReduction(
                communicator: communicator, tree: tree, pieceByteCount: pieceByteCount, messages: messages)
            let partials = sums.partials(of: shards.ranges[communicator.rank], tree)
            let memory = UnsafeMutableBufferPointer<Double>.allocate(capacity: partials.count)
            _ = memory.initialize(from: partials)
            let arena = ReductionArena(memory.baseAddress!, of: element, stride: count, subtrees: tree.subtrees)
            let operation = reduction.operation(for: ReductionBucket(ranges: [0..<count]), in: arena)
            return (reduction, memory, operation)
        }
        defer { for part in parts { part.1.deallocate() } }
        try complete(parts.map(\.2))
        return parts.map { (Array($0.1[..<doubles]), $0.0.sent) }
    }

    @Test(arguments: [ReductionElement.float64, .moments], [1, 2, 3, 4, 6, 8, 16])
    func sumsOfBatchNormsHaveTheBitsOfOneProcess(element: ReductionElement, ranks: Int) throws {
        for samples in [ranks, 2 * ranks, ranks + 1, 3 * ranks] {
            let expected = bits(SampleSums(element, samples: samples, count: 21).sum())
            for pieceByteCount in [1, 100, 1 << 20] {
                for outcome in try reduce(
                    element, samples: samples, ranks: ranks, count: 21, .fewest, pieceByteCount: pieceByteCount)
                {
                    #expect(bits(outcome.sums) == expected, "\(samples) samples, \(pieceByteCount) bytes")
                }
            }
        }
    }

    /// Halving sends what a reduction has to and no more, in 2 log₂ R messages.
    @Test(arguments: [2, 4, 8, 16, 32], [1, 4])
    func halvingSendsTheLeastInFewMessages(ranks: Int, samplesOfRank: Int) throws {
        let count = 4 * ranks
        let least = 2 * (ranks - 1) * count * MemoryLayout<Double>.stride / ranks
        for outcome in try reduce(
            .float64, samples: samplesOfRank * ranks, ranks: ranks, count: count, .fewest)
        {
            #expect(outcome.sent.bytes == least)
            #expect(outcome.sent.messages == 2 * ranks.trailingZeroBitCount)
        }
        for outcome in try reduce(.float64, samples: samplesOfRank * ranks, ranks: ranks, count: count, .toAll) {
            #expect(outcome.sent.bytes == least)
            #expect(outcome.sent.messages == 2 * (ranks - 1))
        }
    }

    /// Where the ranks are no complete tree, no rank sends more than twice each partial that it holds.
    @Test(arguments: [(12, 3), (12, 6), (20, 5), (24, 24), (31, 8), (96, 24)])
    func otherNumbersSendTwiceWhatTheyHold(samples: Int, ranks: Int) throws {
        let count = 8 * ranks
        let shards = try Shards(batch: samples, ranks: ranks)
        let subtrees = ReductionTree(shard: 0, of: shards.ranges).subtreesOfShards
        for (rank, outcome) in try reduce(.float64, samples: samples, ranks: ranks, count: count, .fewest).enumerated()
        {
            #expect(outcome.sent.bytes <= 2 * subtrees[rank] * count * MemoryLayout<Double>.stride)
        }
    }

    /// As many ranks as a large cluster has, without MPI.
    @Test(arguments: [1024, 1000])
    func aThousandRanksHaveTheBitsOfOne(ranks: Int) throws {
        let moments = bits(SampleSums(.moments, samples: 1024, count: 1024).sum())
        for outcome in try reduce(.moments, samples: 1024, ranks: ranks, count: 1024, .fewest) {
            #expect(bits(outcome.sums) == moments)
            if ranks == 1024 {
                #expect(outcome.sent.messages <= 20)
                #expect(outcome.sent.bytes < 2 * 1024 * ReductionElement.moments.stride)
            }
        }
        let gradients = SampleGradients(samples: 2048, count: 100)
        let shards = try Shards(batch: 2048, ranks: ranks)
        let parts = ThreadCommunicator.world(ranksOfNodes: [ranks]).map { communicator in
            let tree = ReductionTree(shard: communicator.rank, of: shards.ranges)
            let reduction = ReproducibleReduction(communicator: communicator, tree: tree, pieceByteCount: 400)
            let partials = gradients.partials(of: shards.ranges[communicator.rank], tree, stride: 100)
            let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: partials.count)
            _ = memory.initialize(from: partials)
            let arena = ReductionArena(base: memory.baseAddress!, stride: 100, subtrees: tree.subtrees)
            return (memory, reduction.operation(for: ReductionBucket(ranges: [0..<100]), in: arena))
        }
        defer { for part in parts { part.0.deallocate() } }
        try complete(parts.map(\.1))
        let expected = bits(gradients.sum())
        for part in parts { #expect(bits(Array(part.0[..<100])) == expected) }
    }

    @Test func plainReductionAddsUp() throws {
        let (samples, ranks, count) = (6, 4, 37)
        let gradients = SampleGradients(samples: samples, count: count)
        let shards = try Shards(batch: samples, ranks: ranks)
        let expected = gradients.sum()
        // Six terms below 2^20: on either side five roundings of at most 2^-24 relative to sums below 6 · 2^20.
        let tolerance: Float = 60 * 0x1p-4
        for bucket in [ReductionBucket(ranges: [0..<count]), ReductionBucket(ranges: [0..<9, 10..<count])] {
            let results = try onRanks(ranks) { communicator in
                let tree = ReductionTree(shard: communicator.rank, of: shards.ranges)
                var partials = gradients.partials(of: shards.ranges[communicator.rank], tree, stride: count)
                let reduction = PlainReduction(communicator: communicator, largestBucket: count)
                try partials.withUnsafeMutableBufferPointer { memory in
                    let arena = ReductionArena(base: memory.baseAddress!, stride: count, subtrees: tree.subtrees)
                    try complete([reduction.operation(for: bucket, in: arena)])
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
