import Collectives
import CollectivesSupport
import ConvolutionEngine
import Testing

@Suite struct NodeReductionTests {
    struct Outcome {
        let gradients: [[Float]]
        let byteCount: Int
        let networkByteCount: Int
    }

    /// Reduces two buckets several times, so that pieces of one meet those of the next in the shared memory.
    func reduce(samples: Int, ranksOfNodes: [Int], count: Int, pieceCount: Int, steps: Int = 3) throws -> [Outcome] {
        let gradients = SampleGradients(samples: samples, count: count)
        let ranks = ranksOfNodes.reduce(0, +)
        let shards = try Shards(batch: samples, ranks: ranks)
        return try onRanks(ranks, ranksOfNodes: ranksOfNodes) { communicator in
            let tree = ReductionTree(shard: communicator.rank, of: shards.ranges)
            let initial = gradients.partials(of: shards.ranges[communicator.rank], tree, stride: count)
            let memory = UnsafeMutablePointer<Float>.allocate(capacity: initial.count)
            defer { memory.deallocate() }
            let reduction = try NodeReduction(
                NodeCommunicators(communicator), shards: shards, pieceByteCount: 4 * pieceCount)
            let arena = ReductionArena(base: memory, stride: count, subtrees: tree.subtrees)
            let operations = [count / 3..<count, 0..<count / 3].map {
                reduction.operation(for: ReductionBucket(ranges: [$0]), in: arena)
            }
            var results: [[Float]] = []
            for _ in 0..<steps {
                memory.update(from: initial, count: initial.count)
                for operation in operations { try complete([operation]) }
                results.append(Array(UnsafeBufferPointer(start: memory, count: count)))
            }
            return Outcome(
                gradients: results, byteCount: reduction.sent.bytes, networkByteCount: reduction.sentToNodes.bytes)
        }
    }

    @Test(arguments: [[1], [2], [3], [5], [1, 1], [2, 2], [1, 3], [3, 1], [2, 1, 3], [4, 4]])
    func nodesGetTheBitsOfOneProcess(ranksOfNodes: [Int]) throws {
        let ranks = ranksOfNodes.reduce(0, +)
        for samples in [ranks, 8, 11, 12, 13] where samples >= ranks {
            let expected = bits(SampleGradients(samples: samples, count: 61).sum())
            let outcomes = try reduce(samples: samples, ranksOfNodes: ranksOfNodes, count: 61, pieceCount: 9)
            for outcome in outcomes {
                for gradient in outcome.gradients { #expect(bits(gradient) == expected, "\(samples) samples") }
            }
        }
    }

    @Test(
        arguments: [ReductionElement.float64, .moments], [[4], [2, 2], [1, 3], [2, 2, 2, 2], [3, 3, 2], [8, 8]])
    func sumsOfBatchNormsHaveTheBitsOfOneProcess(element: ReductionElement, ranksOfNodes: [Int]) throws {
        let ranks = ranksOfNodes.reduce(0, +)
        for samples in [ranks, 2 * ranks, 3 * ranks + 1] {
            let sums = SampleSums(element, samples: samples, count: 37)
            let shards = try Shards(batch: samples, ranks: ranks)
            let doubles = 37 * element.stride / MemoryLayout<Double>.stride
            let results = try onRanks(ranks, ranksOfNodes: ranksOfNodes) { communicator in
                let tree = ReductionTree(shard: communicator.rank, of: shards.ranges)
                let initial = sums.partials(of: shards.ranges[communicator.rank], tree)
                let memory = UnsafeMutablePointer<Double>.allocate(capacity: initial.count)
                defer { memory.deallocate() }
                let reduction = try NodeReduction(
                    NodeCommunicators(communicator), shards: shards, pieceByteCount: 400, messages: .fewest)
                let operation = reduction.operation(
                    for: ReductionBucket(ranges: [0..<37]),
                    in: ReductionArena(memory, of: element, stride: 37, subtrees: tree.subtrees))
                for _ in 0..<3 {
                    memory.update(from: initial, count: initial.count)
                    try complete([operation])
                }
                return bits(Array(UnsafeBufferPointer(start: memory, count: doubles)))
            }
            let expected = bits(sums.sum())
            for result in results { #expect(result == expected, "\(samples) samples") }
        }
    }

    /// On one host: what a rank hands to others in the batch-norm sums of a step is less than twice their size.
    @Test(arguments: [8, 16, 32]) func sumsOfManyRanksStaySmall(ranks: Int) throws {
        let count = 256
        let shards = try Shards(batch: 2 * ranks, ranks: ranks)
        let sums = SampleSums(.moments, samples: 2 * ranks, count: count)
        let sent = try onRanks(ranks, ranksOfNodes: [ranks]) { communicator in
            let tree = ReductionTree(shard: communicator.rank, of: shards.ranges)
            var partials = sums.partials(of: shards.ranges[communicator.rank], tree)
            let reduction = try NodeReduction(
                NodeCommunicators(communicator), shards: shards, pieceByteCount: 1 << 20, messages: .fewest)
            try partials.withUnsafeMutableBufferPointer { memory in
                let arena = ReductionArena(
                    memory.baseAddress!, of: .moments, stride: count, subtrees: tree.subtrees)
                try complete([reduction.operation(for: ReductionBucket(ranges: [0..<count]), in: arena)])
            }
            return reduction.sent
        }
        for sent in sent {
            #expect(sent.bytes < 2 * count * ReductionElement.moments.stride)
            #expect(sent.messages == 0)
        }
    }

    /// Chunks are whole where all counts divide them.
    @Test(arguments: [[2, 2], [1, 3], [4], [2, 1, 1], [3, 3]], [8, 12])
    func bytesAreThoseOfTheFormula(ranksOfNodes: [Int], samples: Int) throws {
        let count = 720
        let outcomes = try reduce(
            samples: samples, ranksOfNodes: ranksOfNodes, count: count, pieceCount: 120, steps: 1)
        let total = Double(outcomes.reduce(0) { $0 + $1.byteCount })
        let ranks = outcomes.count
        let shards = try Shards(batch: samples, ranks: ranks)
        let layout = ThreadCommunicator.world(ranksOfNodes: ranksOfNodes)[0].nodes
        let traffic = ReductionTraffic(shards, nodes: layout)
        #expect(abs(total - Double(4 * count * ranks) * traffic.factor) < 1e-6 * total)
        #expect(traffic.leastFactor == ReductionTraffic(ranks: ranks).factor)
        let isEven = samples == 8 && [[4], [2, 2], [2, 1, 1]].contains(ranksOfNodes)
        if isEven { #expect(traffic.factor == traffic.leastFactor) }
    }

    @Test func onlyNodePartialsCrossTheNetwork() throws {
        let count = 3 * 64
        let outcomes = try reduce(samples: 8, ranksOfNodes: [2, 2], count: count, pieceCount: 32, steps: 1)
        // Every node holds one subtree, so its leader sends 2 (2 − 1) / 2 of the bytes once.
        #expect(outcomes.map(\.networkByteCount) == [count * 4, 0, count * 4, 0])
    }

    @Test func ranksOfOneNodeMoveNoMoreThanTheLeast() throws {
        let count = 3 * 64
        let outcomes = try reduce(samples: 8, ranksOfNodes: [4], count: count, pieceCount: 32, steps: 1)
        for outcome in outcomes {
            #expect(outcome.byteCount == 2 * 3 * count * 4 / 4)
            #expect(outcome.networkByteCount == 0)
        }
    }

    @Test(arguments: [[1], [2], [1, 1], [1, 2]])
    func theSuitableReductionGivesTheSameBits(ranksOfNodes: [Int]) throws {
        let ranks = ranksOfNodes.reduce(0, +)
        let gradients = SampleGradients(samples: 7, count: 40)
        let shards = try Shards(batch: 7, ranks: ranks)
        let results = try onRanks(ranks, ranksOfNodes: ranksOfNodes) { communicator in
            let tree = ReductionTree(shard: communicator.rank, of: shards.ranges)
            var partials = gradients.partials(of: shards.ranges[communicator.rank], tree, stride: 40)
            let chosen = try ReproducibleReductions(
                NodeCommunicators(communicator), shards: shards, largestByteCount: 160)
            #expect(chosen.refusal == nil)
            #expect((chosen.reduction is NodeReduction) == (ranksOfNodes.max()! > 1))
            try partials.withUnsafeMutableBufferPointer { memory in
                let arena = ReductionArena(base: memory.baseAddress!, stride: 40, subtrees: tree.subtrees)
                try complete([chosen.reduction.operation(for: ReductionBucket(ranges: [0..<40]), in: arena)])
            }
            return Array(partials[..<40])
        }
        for result in results { #expect(bits(result) == bits(gradients.sum())) }
    }

    @Test func memoryThatCannotBeSharedIsRefusedWithTheReason() throws {
        let refusals = try onRanks(2) { communicator -> CollectiveError? in
            do throws(CollectiveError) {
                _ = try SharedSegment(communicator, byteCount: 1 << 50, access: .leader)
                return nil
            } catch {
                return error
            }
        }
        for refusal in refusals {
            #expect(refusal?.description.contains("make /dev/shm larger") == true, "\(String(describing: refusal))")
        }
    }
}
