import Collectives
import CollectivesSupport
import ConvolutionEngine

enum Scenario {
    /// Steps as in training, for several batches: what every rank holds afterwards must not depend on their number.
    static func reduce(_ communicator: any Communicator) throws -> String {
        let flat = try communicator.duplicate()
        let nodes = try NodeCommunicators(communicator)
        let thread = try CommunicationThread()
        var lines: [String] = []
        for samples in [8, 12, 13] {
            let shards = try Shards(batch: samples, ranks: communicator.size)
            let tree = ReductionTree(shard: communicator.rank, of: shards.ranges)
            let reductions: [any SampleReduction] = [
                ReproducibleReduction(communicator: flat, tree: tree, pieceByteCount: 16384),
                try NodeReduction(nodes, shards: shards, pieceByteCount: 16384),
            ]
            // Between ranks, and between nodes, in few messages.
            let sums: [any SampleReduction] = [
                ReproducibleReduction(
                    communicator: try communicator.duplicate(), tree: tree, pieceByteCount: 16384, messages: .fewest),
                try NodeReduction(nodes, shards: shards, pieceByteCount: 16384, messages: .fewest),
            ]
            for (reduction, sums) in zip(reductions, sums) {
                let steps = Steps(
                    shard: shards.ranges[communicator.rank], samples: samples, tree: tree, communicator: communicator,
                    reduction: reduction, sums: sums, thread: thread)
                for _ in 0..<3 { lines.append("\(samples): \(try steps.run())") }
            }
        }
        try thread.perform { () throws(CollectiveError) in
            var bytes = (0..<CollectiveLimits.messageByteCount + 3).map {
                communicator.rank == 0 ? UInt8(truncatingIfNeeded: $0 / 5) : 0
            }
            var failure: CollectiveError?
            bytes.withUnsafeMutableBytes { memory in
                do throws(CollectiveError) { try communicator.broadcast(memory, from: 0) } catch { failure = error }
            }
            if let failure { throw failure }
            lines.append("broadcast: \(digest(bytes))")
        }
        return lines.joined(separator: "\n")
    }

    /// The last rank has another bank.
    static func disagree(_ communicator: any Communicator) -> String {
        let isLast = communicator.rank == communicator.size - 1
        do throws(AgreementError) {
            try communicator.agree(on: [AgreementItem("version", "1"), AgreementItem("bank", isLast ? "bb" : "aa")])
            return "agreed"
        } catch {
            return error.description
        }
    }

    /// Names a rank that does not exist.
    static func error(_ communicator: any Communicator) -> String {
        var byte: UInt8 = 0
        do throws(CollectiveError) {
            _ = try withUnsafeMutableBytes(of: &byte) { bytes throws(CollectiveError) in
                try communicator.startBroadcast(bytes, from: 99)
            }
            return "nothing was seen"
        } catch {
            return "\(error)"
        }
    }

    /// The last rank writes to what it may only read, after all have told that they have come to this.
    static func fault(_ communicator: any Communicator, _ tell: (String) throws -> Void) throws -> String {
        let copy = try NodeCopy(NodeCommunicators(communicator), byteCount: 5000) { $0[4999] = 7 }
        guard copy.refusal == nil, copy.bytes[4999] == 7 else { return "the copy is not as it should be" }
        try tell("the copy is as it should be")
        try communicator.barrier()
        if communicator.rank == communicator.size - 1 {
            UnsafeMutableRawPointer(mutating: copy.bytes.baseAddress!).storeBytes(of: 1, as: UInt8.self)
        }
        try communicator.barrier()
        return "the write went through"
    }

    /// One rank ends the job while the others wait for it.
    static func abort(_ communicator: any Communicator) throws -> String {
        if communicator.rank == communicator.size - 1 { communicator.abort(code: 75) }
        try communicator.barrier()
        return "the job went on"
    }

    /// FNV-1a of 64 bits.
    static func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}

/// The communication of a training step with sums and three buckets.
private final class Steps {
    private static let count = 40_000
    private let initial: [Float]
    private let memory: UnsafeMutablePointer<Float>
    private let partials: UnsafeMutablePointer<Double>
    private let known: UnsafeMutablePointer<Int64>
    private let tree: ReductionTree
    private let thread: CommunicationThread
    private let buckets: [CollectiveOperation]
    private let losses: CollectiveOperation
    private let sum: IntegerSum
    private let firstSample: Int

    init(
        shard: Range<Int>, samples: Int, tree: ReductionTree, communicator: any Communicator,
        reduction: any SampleReduction, sums: any SampleReduction, thread: CommunicationThread
    ) {
        self.tree = tree
        initial = SampleGradients(samples: samples, count: Self.count).partials(of: shard, tree, stride: Self.count)
        memory = .allocate(capacity: initial.count)
        partials = .allocate(capacity: tree.subtrees)
        known = .allocate(capacity: 1)
        let arena = ReductionArena(base: memory, stride: Self.count, subtrees: tree.subtrees)
        buckets = GradientBuckets(
            segments: [30_000..<40_000, 29_000..<30_000, 7..<29_000, 0..<7], bucketByteCount: 1 << 15
        ).buckets.map { reduction.operation(for: $0, in: arena) }
        losses = sums.operation(
            for: ReductionBucket(ranges: [0..<1]),
            in: ReductionArena(partials, of: .float64, stride: 1, subtrees: tree.subtrees))
        sum = IntegerSum(name: "counts", communicator: communicator, values: known, count: 1)
        self.thread = thread
        firstSample = shard.lowerBound
    }

    /// A digest of the gradients, the folded sums and the count of samples.
    func run() throws -> String {
        memory.update(from: initial, count: initial.count)
        known[0] = Int64(tree.merges.count)
        var total = 0.0
        for bucket in buckets {
            foldSamples(into: partials)
            thread.submit(bucket)
            try thread.run(losses)
            total = partials[0]
        }
        try thread.run(sum)
        try thread.wait()
        let digest = Scenario.digest(
            UnsafeBufferPointer(start: memory, count: Self.count).lazy.flatMap { value in
                withUnsafeBytes(of: value) { Array($0) }
            })
        return "\(digest) \(total.bitPattern) \(known[0])"
    }

    /// The sums of 1 / (3 + sample) of every maximal subtree of the shard.
    private func foldSamples(into sums: UnsafeMutablePointer<Double>) {
        tree.fold(into: sums) { 1 / Double(3 + firstSample + $0) }
    }
}
