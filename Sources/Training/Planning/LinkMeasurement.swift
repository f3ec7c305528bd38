import Collectives
import TensorCore

extension LinkModel {
    /// Measures what a reduction of a few bytes takes and what one of `bytes` does, as steps do them; nil for a
    /// team of one. All ranks take part and get the same.
    init?(_ team: RankTeam, bytes: Int = 4 << 20, rounds: Int = 15) throws {
        guard team.size > 1 else { return nil }
        let number = AlignedMemory(byteCount: 64)
        let sums = try team.reduction(
            .reproducible, samples: team.size, largestByteCount: number.byteCount, messages: .fewest)
        let few = sums.operation(
            for: ReductionBucket(ranges: [0..<8]),
            in: ReductionArena(number.base, of: .float64, stride: 8, subtrees: 1), named: "a reduction of a few bytes")
        let count = bytes / MemoryLayout<Float>.stride
        let gradients = AlignedMemory(byteCount: bytes)
        let reduction = try team.reduction(.reproducible, samples: team.size, largestByteCount: bytes)
        let bucket = reduction.operation(
            for: ReductionBucket(ranges: [0..<count]),
            in: ReductionArena(base: gradients.floats(), stride: count, subtrees: 1))
        var (exchanges, reductions): ([Double], [Double]) = ([], [])
        for round in 0...rounds {
            // The first brings the ranks together.
            try team.run(few)
            let start = ContinuousClock.now
            for _ in 0..<8 { try team.run(few) }
            let between = ContinuousClock.now
            team.submit(bucket)
            try team.waitForAll()
            guard round > 0 else { continue }
            exchanges.append((between - start).seconds / 8)
            reductions.append((ContinuousClock.now - between).seconds)
        }
        func slowest(_ seconds: [Double]) throws -> Double { try team.gather(seconds.median).max()! }
        let exchange = try slowest(exchanges)
        let sent = Double(bytes) * reduction.traffic.factor
        self.init(
            latency: exchange / Double(Self.rounds(team.size)),
            bandwidth: sent / max(1e-9, try slowest(reductions) - exchange))
    }
}
