import ConvolutionEngine
import TensorCore

/// Measures how fast ranks add up gradients, as training does it: on the communication thread, one bucket at a time.
package struct AllReduceBenchmark: Sendable {
    package struct Row: Sendable, Encodable {
        /// "plain"; "reproducible", as training does it; "reproducible flat", the same where no memory is shared; and
        /// "reproducible halving", which batch-norm sums take between 2ⁿ ranks.
        package let reduction: String
        package let bytes: Int
        /// From the submission on all ranks to the end on the last: the median of the rounds.
        package let seconds: Double
        /// Bytes over seconds, in 10⁹ bytes per second.
        package let algorithmGigabytesPerSecond: Double
        /// The same times 2 (R − 1) / R: what an ideal reduction sends from every rank, whatever the number of ranks.
        package let busGigabytesPerSecond: Double
    }

    package struct Measurement: Sendable, Encodable {
        package let ranks: Int
        package let nodes: Int
        package let rows: [Row]
    }

    /// Bytes of the buckets.
    package var sizes: [Int]
    /// Reductions that are measured of each size, after one that is not.
    package var rounds: Int

    package init(sizes: [Int] = (10...26).map { 1 << $0 }, rounds: Int = 20) {
        self.sizes = sizes
        self.rounds = rounds
    }

    /// All ranks take part and get the same figures. Every rank holds one partial, as with one sample each.
    package func run(
        _ communicator: any Communicator, thread: CommunicationThread
    ) throws(CollectiveError) -> Measurement {
        let ranks = communicator.size
        let stride = MemoryLayout<Float>.stride
        let count = max(1, (sizes.max() ?? 0) / MemoryLayout<Float>.stride)
        let gradients = UnsafeMutablePointer<Float>.allocate(capacity: count)
        gradients.initialize(repeating: 1, count: count)
        defer { gradients.deallocate() }
        let arena = ReductionArena(base: gradients, stride: count, subtrees: 1)
        let shards = Shards(samples: ranks, ranks: ranks)
        let tree = ReductionTree(shard: communicator.rank, of: shards.ranges)
        var reductions: [(name: String, reduction: any SampleReduction)] = []
        try thread.perform { () throws(CollectiveError) in
            reductions.append(
                ("plain", PlainReduction(communicator: try communicator.duplicate(), largestBucket: 1)))
            let suitable = try ReproducibleReductions(
                NodeCommunicators(communicator), shards: shards, largestByteCount: count * stride)
            reductions.append(("reproducible", suitable.reduction))
            func flat(_ messages: ReproducibleReduction.Messages) throws(CollectiveError) -> ReproducibleReduction {
                ReproducibleReduction(
                    communicator: try communicator.duplicate(), tree: tree, largestByteCount: count * stride,
                    messages: messages)
            }
            if suitable.reduction is NodeReduction { reductions.append(("reproducible flat", try flat(.toAll))) }
            if tree.isComplete, ranks > 1 { reductions.append(("reproducible halving", try flat(.fewest))) }
        }
        var rows: [Row] = []
        for size in sizes {
            let bucket = ReductionBucket(ranges: [0..<max(1, size / MemoryLayout<Float>.stride)])
            let operations = reductions.map { $0.reduction.operation(for: bucket, in: arena) }
            var times = [[Int64]](repeating: [], count: operations.count)
            // Reductions take turns, so that what else the machine does meets all alike.
            for round in 0...rounds {
                for (index, operation) in operations.enumerated() {
                    // Sums of sums would grow without bound.
                    gradients.update(repeating: 1, count: bucket.count)
                    try thread.perform { () throws(CollectiveError) in try communicator.barrier() }
                    let start = MonotonicClock.nanoseconds
                    thread.submit(operation)
                    try thread.wait(for: operation)
                    if round > 0 { times[index].append(MonotonicClock.nanoseconds - start) }
                }
            }
            for (index, (name, _)) in reductions.enumerated() {
                let seconds = try median(times[index], communicator, thread)
                let speed = Double(bucket.count * MemoryLayout<Float>.stride) / seconds / 1e9
                rows.append(
                    Row(
                        reduction: name, bytes: bucket.count * MemoryLayout<Float>.stride, seconds: seconds,
                        algorithmGigabytesPerSecond: speed,
                        busGigabytesPerSecond: speed * ReductionTraffic(tree).leastFactor))
            }
        }
        return Measurement(ranks: ranks, nodes: communicator.nodes.hosts.count, rows: rows)
    }

    /// The median over rounds of the slowest rank's time, in seconds.
    private func median(
        _ times: [Int64], _ communicator: any Communicator, _ thread: CommunicationThread
    ) throws(CollectiveError) -> Double {
        var slowest: [Int64] = []
        try thread.perform { () throws(CollectiveError) in
            for time in times {
                var all = [Int64](repeating: 0, count: communicator.size)
                all[communicator.rank] = time
                try communicator.allGather(&all)
                slowest.append(all.max()!)
            }
        }
        slowest.sort()
        return Double(max(1, slowest[slowest.count / 2])) / 1e9
    }
}
