import Collectives
import Configuration
import ConvolutionEngine
import Graph
import TensorCore

/// The few numbers of a step that belong to the whole batch.
final class StepScalars {
    private let arguments = ArgumentStore()
    private let heads: Int
    private let tree: ReductionTree
    /// Known label elements, by head; followed by `stops`, so that one sum serves both.
    let known: UnsafeMutablePointer<Int64>
    /// How many ranks want to stop.
    let stops: UnsafeMutablePointer<Int64>
    var countOfCounts: Int { heads + 1 }
    /// Sums of losses: [subtree of all shards][head].
    let sums: UnsafeMutablePointer<Double>

    init(heads: Int, tree: ReductionTree) {
        self.heads = heads
        self.tree = tree
        known = arguments.keep([Int64](repeating: 0, count: heads + 1))
        stops = known + heads
        sums = arguments.keep([Double](repeating: 0, count: tree.subtreeMerges.count * heads))
    }

    /// Puts a head's sums, one per subtree of this rank, in their places.
    func store(_ subtreeSums: UnsafePointer<Double>, head: Int) {
        let own = sums + tree.firstSubtree * heads + head
        for subtree in 0..<tree.subtrees { own[subtree * heads] = subtreeSums[subtree] }
    }
}

/// What the ranks of a team say to each other in a step: counts before it, batch-norm sums within it, gradients as the
/// backward pass completes them, losses after it. Made once; a step allocates nothing.
final class StepCommunication {
    private let team: RankTeam
    private let counts: IntegerSum
    private let losses: OrderedGather
    /// By program and place of the exchange.
    private let exchanges: [[OrderedGather]]
    /// By program and segment: what may leave once the segment is complete.
    private let departures: [[CollectiveOperation?]]
    private let scalars: StepScalars
    private let reduction: any GradientReduction

    init(
        team: RankTeam, tree: ReductionTree, programs: [Program], gradients: [ParameterStorage], scalars: StepScalars,
        samples: Int, parallel: ParallelSettings
    ) throws(CollectiveError) {
        self.team = team
        self.scalars = scalars
        counts = IntegerSum(
            name: "the count of known pixels", communicator: team.sums, values: scalars.known,
            count: scalars.countOfCounts)
        losses = OrderedGather(
            name: "the losses", communicator: team.sums, tree: tree, partials: scalars.sums,
            valuesPerSubtree: scalars.countOfCounts - 1)
        exchanges = programs.map { program in
            program.exchanges.map { exchange in
                OrderedGather(
                    name: "batch-norm sums", communicator: team.sums, tree: tree, partials: exchange.partials,
                    valuesPerSubtree: exchange.count)
            }
        }
        let buckets = programs.map {
            GradientBuckets(segments: $0.gradientSegments, bucketByteCount: parallel.bucketBytes).buckets
        }
        reduction = try team.reduction(
            parallel.reduction, samples: samples, largestBucket: buckets.joined().map(\.count).max() ?? 1)
        let reduction = reduction
        departures = zip(zip(programs, buckets), gradients).map { pair, storage in
            let arena = GradientArena(
                base: storage.gradient!.floats(), stride: storage.layout.count, subtrees: tree.subtrees)
            var operations = [CollectiveOperation?](repeating: nil, count: pair.0.gradientSegments.count)
            for bucket in pair.1 { operations[bucket.lastSegment] = reduction.operation(for: bucket, in: arena) }
            return operations
        }
    }

    func sumCounts() throws(CollectiveError) { try team.run(counts) }

    func gatherLosses() throws(CollectiveError) { try team.run(losses) }

    func exchange(_ index: Int, ofProgram program: Int) throws(CollectiveError) {
        try team.run(exchanges[program][index])
    }

    func gradientsAreReady(_ segment: Int, ofProgram program: Int) {
        if let operation = departures[program][segment] { team.submit(operation) }
    }

    func waitForGradients() throws(CollectiveError) { try team.waitForAll() }
}
