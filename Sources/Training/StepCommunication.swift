import Collectives
import Configuration
import ConvolutionEngine
import Graph
import TensorCore

/// The few numbers of a step that belong to the whole batch.
final class StepScalars {
    private let arguments = ArgumentStore()
    let heads: Int
    private let tree: ReductionTree
    /// What labels know, the vectors of all heads; followed by `stops`, so that one sum serves both.
    let counts: UnsafeMutablePointer<Int64>
    /// Where each head's vector begins.
    private let firstCounts: [Int]
    /// How many ranks want to stop.
    let stops: UnsafeMutablePointer<Int64>
    let countOfCounts: Int
    /// Sums of losses: [subtree of all shards][head].
    let sums: UnsafeMutablePointer<Double>
    /// Where groups train different tasks: the losses' bits, by head, from the first rank of the head's group; 0 from all
    /// others, so that a sum of whole numbers brings them to all.
    let results: UnsafeMutablePointer<Int64>

    /// - Parameter lengths: how many counts each head has.
    init(lengths: [Int], tree: ReductionTree) {
        heads = lengths.count
        self.tree = tree
        firstCounts = lengths.indices.map { lengths[..<$0].reduce(0, +) }
        let all = lengths.reduce(0, +)
        countOfCounts = all + 1
        counts = arguments.keep([Int64](repeating: 0, count: all + 1))
        stops = counts + all
        results = arguments.keep([Int64](repeating: 0, count: heads))
        sums = arguments.keep([Double](repeating: 0, count: tree.subtreeMerges.count * heads))
    }

    /// A head's vector of counts.
    func counts(ofHead head: Int) -> UnsafeMutablePointer<Int64> { counts + firstCounts[head] }

    /// Puts a head's sums, one per subtree of this rank, in their places.
    func store(_ subtreeSums: UnsafePointer<Double>, head: Int) {
        let own = sums + tree.firstSubtree * heads + head
        for subtree in 0..<tree.subtrees { own[subtree * heads] = subtreeSums[subtree] }
    }
}

/// Nanoseconds that a rank has waited for others.
struct StepWaits {
    /// For batch-norm sums.
    var batchNorm: Int64 = 0
    /// For gradients, losses and counts.
    var other: Int64 = 0
}

/// What the ranks of a team say to each other in a step: counts before it, batch-norm sums within it, gradients as the
/// backward pass completes them, losses after it. Made once; a step allocates nothing.
final class StepCommunication {
    private let team: TaskTeam
    private let counts: IntegerSum
    private let results: IntegerSum
    private let losses: OrderedGather
    /// By program and place of the exchange.
    private let exchanges: [[OrderedGather]]
    /// By program and segment: what may leave once the segment is complete.
    private let departures: [[CollectiveOperation?]]
    /// The bytes of what leaves, likewise.
    private let departingBytes: [[Int]]
    private let scalars: StepScalars
    /// nil where a group has one rank.
    private let reduction: (any GradientReduction)?
    /// Of all buckets of a step.
    private let gradientBytes: Int
    private var sumsSent = 0
    var trace: Trace?
    /// How long steps have waited so far.
    private(set) var waits = StepWaits()
    /// What had been sent when the step began.
    private var atBegin = (gradients: 0, sums: 0)

    init(
        team: TaskTeam, tree: ReductionTree, programs: [Program], gradients: [ParameterStorage], scalars: StepScalars,
        samples: Int, parallel: ParallelSettings
    ) throws(CollectiveError) {
        self.team = team
        self.scalars = scalars
        counts = IntegerSum(
            name: "the count of known pixels", communicator: team.world.sums, values: scalars.counts,
            count: scalars.countOfCounts)
        results = IntegerSum(
            name: "the losses of all groups", communicator: team.world.sums, values: scalars.results,
            count: scalars.heads)
        losses = OrderedGather(
            name: "the losses", communicator: team.group.sums, tree: tree, partials: scalars.sums,
            valuesPerSubtree: scalars.heads)
        exchanges = programs.map { program in
            program.exchanges.map { exchange in
                OrderedGather(
                    name: "batch-norm sums", communicator: team.group.sums, tree: tree, partials: exchange.partials,
                    valuesPerSubtree: exchange.count)
            }
        }
        let buckets = programs.map {
            GradientBuckets(segments: $0.gradientSegments, bucketByteCount: parallel.bucketBytes).buckets
        }
        reduction =
            team.group.size == 1
            ? nil
            : try team.group.reduction(
                parallel.reduction, samples: samples, largestBucket: buckets.joined().map(\.count).max() ?? 1)
        let reduction = reduction
        departingBytes = zip(programs, buckets).map { program, buckets in
            var bytes = [Int](repeating: 0, count: program.gradientSegments.count)
            for bucket in buckets { bytes[bucket.lastSegment] = bucket.count * MemoryLayout<Float>.stride }
            return bytes
        }
        gradientBytes = buckets.joined().reduce(0) { $0 + $1.count } * MemoryLayout<Float>.stride
        departures = zip(zip(programs, buckets), gradients).map { pair, storage in
            let arena = GradientArena(
                base: storage.gradient!.floats(), stride: storage.layout.count, subtrees: tree.subtrees)
            var operations = [CollectiveOperation?](repeating: nil, count: pair.0.gradientSegments.count)
            for bucket in pair.1 { operations[bucket.lastSegment] = reduction?.operation(for: bucket, in: arena) }
            return operations
        }
    }

    /// Begins a step.
    func sumCounts() throws(CollectiveError) {
        atBegin = (reduction?.byteCount ?? 0, sumsSent)
        sumsSent += counts.byteCount
        try run(counts)
    }

    func gatherLosses() throws(CollectiveError) {
        sumsSent += losses.byteCount
        try run(losses)
    }

    func shareResults() throws(CollectiveError) {
        sumsSent += results.byteCount
        try run(results)
    }

    func exchange(_ index: Int, ofProgram program: Int) throws(CollectiveError) {
        let gather = exchanges[program][index]
        sumsSent += gather.byteCount
        try run(gather, isBatchNorm: true)
    }

    private func run(_ operation: CollectiveOperation, isBatchNorm: Bool = false) throws(CollectiveError) {
        let began = MonotonicClock.nanoseconds
        try team.world.run(operation)
        let ended = MonotonicClock.nanoseconds
        if isBatchNorm { waits.batchNorm += ended - began } else { waits.other += ended - began }
        trace?.add(.sums, from: began, to: ended)
    }

    /// What this rank has sent since the step began; nothing may be under way.
    var traffic: StepTraffic.Share {
        StepTraffic.Share(
            gradientsSent: (reduction?.byteCount ?? 0) - atBegin.gradients, sumsSent: sumsSent - atBegin.sums,
            gradients: gradientBytes, traffic: reduction?.traffic ?? ReductionTraffic(ranks: 1))
    }

    func gradientsAreReady(_ segment: Int, ofProgram program: Int) {
        if let operation = departures[program][segment] { team.world.submit(operation) }
    }

    /// What ranks do together in a step.
    enum Kind {
        case batchNorm
        /// Counts and losses.
        case scalars
        case gradients
    }

    /// Tells all operations of a step with their kind, the program that they belong to, and their bytes: of gradients
    /// those that are reduced, of sums those that this rank sends.
    func forEachOperation(
        _ body: (_ operation: CollectiveOperation, _ kind: Kind, _ program: Int?, _ bytes: Int) -> Void
    ) {
        body(counts, .scalars, nil, counts.byteCount)
        for (program, gathers) in exchanges.enumerated() {
            for gather in gathers { body(gather, .batchNorm, program, gather.byteCount) }
            for (segment, operation) in departures[program].enumerated() {
                if let operation { body(operation, .gradients, program, departingBytes[program][segment]) }
            }
        }
        body(losses, .scalars, nil, losses.byteCount)
        if team.isSplit { body(results, .scalars, nil, results.byteCount) }
    }

    func waitForGradients() throws(CollectiveError) {
        let began = MonotonicClock.nanoseconds
        try team.world.waitForAll()
        let ended = MonotonicClock.nanoseconds
        waits.other += ended - began
        trace?.add(.gradients, from: began, to: ended)
    }
}
