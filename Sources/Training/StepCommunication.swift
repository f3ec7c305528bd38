import Collectives
import Configuration
import ConvolutionEngine
import Graph
import Tasks
import TensorCore

/// The few numbers of a step that belong to the whole batch.
final class StepScalars {
    private let arguments = ArgumentStore()
    let heads: Int
    private let division: ReductionTree.Division
    /// What labels know, the vectors of all heads; followed by `stops`, so that one sum serves both.
    let counts: UnsafeMutablePointer<Int64>
    /// Where each head's vector begins.
    private let firstCounts: [Int]
    /// The vector of a head's part.
    private let partCounts: UnsafeMutablePointer<Int64>
    /// How many ranks want to stop.
    let stops: UnsafeMutablePointer<Int64>
    let countOfCounts: Int
    /// Sums of losses: [subtree of this rank's shard][head], and in the end of the whole batch in the first.
    let sums: UnsafeMutablePointer<Double>
    /// The fold of every head's sums: partial sums, how many there are, and the subtrees that are done.
    private let partials: UnsafeMutablePointer<Double>
    private let open: UnsafeMutablePointer<Int>
    private let done: UnsafeMutablePointer<Int>
    /// Where groups train different tasks: the losses' bits, by head, from the first rank of the head's group; 0 from all
    /// others, so that a sum of whole numbers brings them to all.
    let results: UnsafeMutablePointer<Int64>

    /// - Parameter lengths: how many counts each head has.
    init(lengths: [Int], tree: ReductionTree, division: ReductionTree.Division) {
        heads = lengths.count
        self.division = division
        partials = arguments.keep([Double](repeating: 0, count: heads * ReductionTree.depth))
        open = arguments.keep([Int](repeating: 0, count: heads))
        done = arguments.keep([Int](repeating: 0, count: heads))
        partCounts = arguments.keep([Int64](repeating: 0, count: lengths.max()!))
        firstCounts = lengths.indices.map { lengths[..<$0].reduce(0, +) }
        let all = lengths.reduce(0, +)
        countOfCounts = all + 1
        counts = arguments.keep([Int64](repeating: 0, count: all + 1))
        stops = counts + all
        results = arguments.keep([Int64](repeating: 0, count: heads))
        sums = arguments.keep([Double](repeating: 0, count: tree.subtrees * heads))
    }

    /// A head's vector of counts.
    func counts(ofHead head: Int) -> UnsafeMutablePointer<Int64> { counts + firstCounts[head] }

    /// Counts what the labels of a part know, which the loss remembers, and gives the vector.
    @discardableResult
    func count(_ loss: TaskLoss, on pool: ThreadPool) -> UnsafeMutablePointer<Int64> {
        loss.count(into: partCounts, on: pool)
        return partCounts
    }

    /// Counts what the labels of a part know, and adds it to the head's vector.
    func addCounts(of loss: TaskLoss, head: Int, on pool: ThreadPool) {
        let (own, sum) = (count(loss, on: pool), counts(ofHead: head))
        for index in 0..<loss.countLength { sum[index] += own[index] }
    }

    /// Folds a head's sums, one per subtree of a part, on to those of this rank's subtrees, in their places. Parts come in
    /// their order.
    func add(_ subtreeSums: UnsafePointer<Double>, head: Int, part: Int) {
        if part == 0 { (open[head], done[head]) = (0, 0) }
        let own = sums + head
        let stack = partials + head * ReductionTree.depth
        let places = division.sums(ofPart: part)
        ReductionTree.fold(
            places, merges: division.merges, ends: division.ends, open: &open[head],
            push: { stack[$1] = subtreeSums[$0 - places.lowerBound] }, add: { stack[$0] += stack[$0 + 1] },
            finish: {
                own[done[head] * heads] = stack[0]
                done[head] += 1
            })
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
    /// nil where a group has one rank.
    private let losses: CollectiveOperation?
    /// By graph, part of the batch and place of the exchange.
    private let exchanges: [[[CollectiveOperation]]]
    /// The bytes of each exchange, which this rank sends.
    private let exchangeBytes: [[[Int]]]
    /// By graph and segment: what may leave once the segment is complete.
    private let departures: [[CollectiveOperation?]]
    /// The bytes of what leaves, likewise.
    private let departingBytes: [[Int]]
    private let scalars: StepScalars
    /// nil where a group has one rank.
    private let reduction: (any SampleReduction)?
    /// Of losses and of batch-norm sums, one or two.
    private let sums: [any SampleReduction]
    /// Of all buckets of a step.
    private let gradientBytes: Int
    /// Of whole numbers.
    private var countsSent = SentData()
    var trace: Trace?
    /// How long steps have waited so far.
    private(set) var waits = StepWaits()
    /// What had been sent when the step began.
    private var atBegin = (gradients: SentData(), sums: SentData())

    /// - Parameters:
    ///   - tree: of the batch.
    ///   - normalization: of the samples whose statistics batch normalization takes.
    ///   - programs: of every graph's parts; gradients leave in the last.
    init(
        team: TaskTeam, tree: ReductionTree, normalization: ReductionTree, programs: [[Program]],
        gradients: [ParameterStorage], scalars: StepScalars,
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
        let group = team.group
        let all = programs.joined().flatMap(\.exchanges)
        let largest = all.map { $0.count * $0.element.stride }.max() ?? 0
        func sums(of tree: ReductionTree, _ byteCount: Int) throws(CollectiveError) -> any SampleReduction {
            try group.reduction(
                .reproducible, samples: tree.batch, largestByteCount: byteCount, messages: .fewest)
        }
        var made: [any SampleReduction] = []
        if group.size > 1 {
            let ofLosses = scalars.heads * ReductionElement.float64.stride
            made.append(try sums(of: tree, max(ofLosses, largest)))
            // Where a batch is computed in parts, batch normalization sees one of them.
            if normalization.isShared, normalization != tree { made.append(try sums(of: normalization, largest)) }
        }
        self.sums = made
        losses = made.first?.operation(
            for: ReductionBucket(ranges: [0..<scalars.heads]),
            in: ReductionArena(scalars.sums, of: .float64, stride: scalars.heads, subtrees: tree.subtrees),
            named: "the losses")
        let ofNormalization = made.last
        exchanges = programs.map { parts in
            parts.map { program in
                program.exchanges.map { exchange in
                    ofNormalization!.operation(
                        for: ReductionBucket(ranges: [0..<exchange.count]),
                        in: ReductionArena(
                            exchange.partials, of: exchange.element, stride: exchange.count,
                            subtrees: normalization.subtrees), named: "batch-norm sums")
                }
            }
        }
        exchangeBytes = programs.map { parts in
            parts.map { program in
                program.exchanges.map {
                    Int(Double($0.count * $0.element.stride) * ofNormalization!.traffic.factor)
                }
            }
        }
        let programs = programs.map { $0.last! }
        let buckets = programs.map {
            GradientBuckets(segments: $0.gradientSegments, bucketByteCount: parallel.bucketBytes).buckets
        }
        reduction =
            team.group.size == 1
            ? nil
            : try team.group.reduction(
                parallel.reduction, samples: samples,
                largestByteCount: (buckets.joined().map(\.count).max() ?? 1) * MemoryLayout<Float>.stride)
        let reduction = reduction
        departingBytes = zip(programs, buckets).map { program, buckets in
            var bytes = [Int](repeating: 0, count: program.gradientSegments.count)
            for bucket in buckets { bytes[bucket.lastSegment] = bucket.count * MemoryLayout<Float>.stride }
            return bytes
        }
        gradientBytes = buckets.joined().reduce(0) { $0 + $1.count } * MemoryLayout<Float>.stride
        departures = zip(zip(programs, buckets), gradients).map { pair, storage in
            let arena = ReductionArena(
                base: storage.gradient!.floats(), stride: storage.layout.count, subtrees: tree.subtrees)
            var operations = [CollectiveOperation?](repeating: nil, count: pair.0.gradientSegments.count)
            for bucket in pair.1 { operations[bucket.lastSegment] = reduction?.operation(for: bucket, in: arena) }
            return operations
        }
    }

    /// Begins a step.
    func sumCounts() throws(CollectiveError) {
        atBegin = (reduction?.sent ?? SentData(), sumsSent)
        countsSent = countsSent + counts.sent
        try run(counts)
    }

    func sumLosses() throws(CollectiveError) {
        if let losses { try run(losses) }
    }

    func shareResults() throws(CollectiveError) {
        countsSent = countsSent + results.sent
        try run(results)
    }

    func exchange(_ index: Int, ofProgram program: Int, part: Int) throws(CollectiveError) {
        try run(exchanges[program][part][index], isBatchNorm: true)
    }

    private var sumsSent: SentData { sums.reduce(countsSent) { $0 + $1.sent } }

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
            gradientsSent: (reduction?.sent ?? SentData()) - atBegin.gradients, sumsSent: sumsSent - atBegin.sums,
            gradients: gradientBytes, traffic: reduction?.traffic ?? ReductionTraffic(ranks: 1))
    }

    func gradientsAreReady(_ segment: Int, ofProgram program: Int) {
        if let operation = departures[program][segment] { team.world.submit(operation) }
    }

    /// All gradients of a graph are complete at once.
    func gradientsAreReady(ofProgram program: Int) {
        for segment in departures[program].indices { gradientsAreReady(segment, ofProgram: program) }
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
        body(counts, .scalars, nil, counts.sent.bytes)
        for (program, parts) in exchanges.enumerated() {
            for (operation, bytes) in zip(parts.joined(), exchangeBytes[program].joined()) {
                body(operation, .batchNorm, program, bytes)
            }
            for (segment, operation) in departures[program].enumerated() {
                if let operation { body(operation, .gradients, program, departingBytes[program][segment]) }
            }
        }
        if let losses {
            let bytes = Double(scalars.heads * ReductionElement.float64.stride) * sums[0].traffic.factor
            body(losses, .scalars, nil, Int(bytes))
        }
        if team.isSplit { body(results, .scalars, nil, results.sent.bytes) }
    }

    func waitForGradients() throws(CollectiveError) {
        let began = MonotonicClock.nanoseconds
        try team.world.waitForAll()
        let ended = MonotonicClock.nanoseconds
        waits.other += ended - began
        trace?.add(.gradients, from: began, to: ended)
    }
}
