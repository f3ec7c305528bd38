import Collectives
import CollectivesSupport
import ConvolutionEngine
import Testing

@Suite struct CommunicationThreadTests {
    /// A step as training does it: sums in the midst of buckets that travel in the background.
    @Test(arguments: [1, 2, 3, 5])
    func bucketsTravelWhileSumsGoFirst(ranks: Int) throws {
        let (samples, count, steps) = (11, 400, 5)
        let gradients = SampleGradients(samples: samples, count: count)
        let expected = bits(gradients.sum())
        let shards = try Shards(batch: samples, ranks: ranks)
        let segments = [300..<400, 120..<300, 0..<120]
        let sums = SampleSums(.float64, samples: samples, count: 2)
        let results: [[UInt64]] = try onRanks(ranks) { communicator in
            let tree = ReductionTree(shard: communicator.rank, of: shards.ranges)
            let initial = gradients.partials(of: shards.ranges[communicator.rank], tree, stride: count)
            let memory = UnsafeMutablePointer<Float>.allocate(capacity: initial.count)
            let ownSums = sums.partials(of: shards.ranges[communicator.rank], tree)
            let partials = UnsafeMutablePointer<Double>.allocate(capacity: ownSums.count)
            defer {
                memory.deallocate()
                partials.deallocate()
            }
            let sumCommunicator = try communicator.duplicate()
            let reduction = ReproducibleReduction(communicator: communicator, tree: tree, pieceByteCount: 256)
            let arena = ReductionArena(base: memory, stride: count, subtrees: tree.subtrees)
            let buckets = GradientBuckets(segments: segments, bucketByteCount: 256).buckets
            #expect(buckets.count == segments.count)
            let operations = buckets.map { reduction.operation(for: $0, in: arena) }
            let sum = ReproducibleReduction(
                communicator: sumCommunicator, tree: tree, pieceByteCount: 256, messages: .fewest
            ).operation(
                for: ReductionBucket(ranges: [0..<2]),
                in: ReductionArena(partials, of: .float64, stride: 2, subtrees: tree.subtrees))
            let thread = try CommunicationThread()
            for _ in 0..<steps {
                memory.update(from: initial, count: initial.count)
                for operation in operations {
                    partials.update(from: ownSums, count: ownSums.count)
                    thread.submit(operation)
                    try thread.run(sum)
                }
                try thread.wait(for: operations[0])
                try thread.wait()
                let result = Array(UnsafeBufferPointer(start: memory, count: count))
                #expect(bits(result) == expected)
            }
            return bits(Array(UnsafeBufferPointer(start: partials, count: 2)))
        }
        let known = bits(sums.sum())
        for result in results { #expect(result == known) }
    }

    @Test func integersAddUpAndBodiesMayWait() throws {
        let results = try onRanks(4) { communicator in
            let thread = try CommunicationThread()
            let values = UnsafeMutablePointer<Int64>.allocate(capacity: 2)
            defer { values.deallocate() }
            values[0] = Int64(communicator.rank)
            values[1] = 1 << 60
            let sum = IntegerSum(name: "counts", communicator: communicator, values: values, count: 2)
            try thread.run(sum)
            var gathered: [[UInt8]] = []
            try thread.perform { () throws(CollectiveError) in
                gathered = try communicator.gather([UInt8](repeating: 7, count: communicator.rank))
            }
            return ([values[0], values[1]], gathered)
        }
        for (sums, gathered) in results {
            #expect(sums == [6, 4 << 60])
            #expect(gathered == [[], [7], [7, 7], [7, 7, 7]])
        }
    }

    @Test func anErrorEndsEverythingAfterIt() throws {
        let thread = try CommunicationThread()
        let failure = CollectiveError(
            operation: "broadcast", rank: 3, host: "far", code: 17, reason: "the link is down", hint: "mend it")
        #expect(throws: failure) {
            try thread.perform { () throws(CollectiveError) in throw failure }
        }
        let never = IntegerSum(
            name: "never", communicator: ThreadCommunicator.world(ranksOfNodes: [2])[0],
            values: .allocate(capacity: 1), count: 1)
        thread.submit(never)
        #expect(throws: failure) { try thread.wait(for: never) }
        #expect(throws: failure) { try thread.run(never) }
        #expect(failure.description == "broadcast failed on rank 3 on far: the link is down (code 17); mend it")
    }
}
