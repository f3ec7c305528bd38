import Collectives
import Configuration
import ConvolutionEngine
import Graph
import Networks
import Tasks
import TensorCore

/// An output of a network that is trained: its loss and its loss's weight.
package struct TrainedHead: Sendable, Hashable {
    /// The output's name in the graph.
    package var name: String
    package var loss: LossKind
    package var weight: Double

    package init(_ name: String, loss: LossKind, weight: Double) {
        self.name = name
        self.loss = loss
        self.weight = weight
    }
}

/// A training step of a multi-task network: for each graph in turn forward, losses, backward and one update of that
/// graph's parameters alone. With a bank there is a graph per task; the joint baseline has one for all.
///
/// The ranks of a team share the batch: each computes its samples, and sums over samples are formed along one tree, so
/// losses and parameters have the same bits on any number of ranks. After construction a step allocates nothing.
package final class TrainingStep {
    /// What one graph needs for its part of the step.
    package struct Unit {
        /// Its place among all graphs.
        package let graph: Int
        /// In the order in which they are computed; those that look alike are one.
        package let parts: [Part]
        package let update: ParameterUpdate
        /// nil where the batch is undivided.
        fileprivate let accumulation: GradientAccumulation?

        /// What computes a part of this rank's samples.
        package struct Part {
            package let program: Program
            package let losses: [(place: Int, loss: TaskLoss)]
        }

        /// Those of the last part, with which the gradients are finished.
        package var program: Program { parts[parts.count - 1].program }
        package var losses: [(place: Int, loss: TaskLoss)] { parts[parts.count - 1].losses }
    }

    package let parameters: NetworkParameters
    /// What is kept beside the trained values of every graph.
    package let states: [OptimizerState]
    /// Steps that were run, also before what is here was read from a checkpoint.
    package private(set) var updates = 0
    package let heads: [TrainedHead]
    /// The graphs that this rank trains.
    package let units: [Unit]
    /// This rank's part of the batch.
    package let shard: Range<Int>
    /// The normalized images, shard × height × width × 3; to be filled before `run`.
    package let input: UnsafeMutablePointer<Float>
    package let inputCount: Int
    /// Bytes that activations, gradients and scratch share.
    package let arenaByteCount: Int
    /// Bytes of gradients that are kept until those of all parts are there.
    package let accumulationByteCount: Int
    /// The last step's losses, weighted, in the order of `heads`.
    package private(set) var losses: [Double]
    /// Whether a rank wanted to stop after the last step; the same on all.
    package private(set) var isStopWanted = false

    /// The frozen filters as the passes read them.
    package let bank: PreparedBank

    private let pool: ThreadPool
    /// The outputs of every graph.
    private let tasks: [[String]]
    private let team: TaskTeam
    private let parallel: ParallelSettings
    /// Whether nothing was learned since all ranks were made to hold the same.
    private var isUnified = true
    private let inputMemory: AlignedMemory
    private let samples: PartSamples
    private let scalars: StepScalars
    /// Where samples may lack labels.
    private var unlabelled: UnlabelledTasks?
    let communication: StepCommunication?
    private var traced: StepTrace?

    /// - Parameters:
    ///   - graphs: run one after the other; every output has a head.
    ///   - parameters: with a gradient for each subtree that this rank has of its group's batch.
    ///   - settings: the batch of all ranks together, the parts of every rank's samples, and how parameters follow from gradients.
    ///   - team: the ranks that train, each the graphs of its group.
    ///   - parallel: how ranks share the work.
    /// - Throws: `PlanningError`, in a job `UsageError`, where the network cannot be trained on so few samples; `UsageError`
    ///   where ranks cannot be divided into parts; `CollectiveError`.
    init(
        graphs: [Graph], parameters: NetworkParameters, heads: [TrainedHead], settings: TrainingSettings,
        kernels: Kernels, pool: ThreadPool, team: TaskTeam, parallel: ParallelSettings
    ) throws {
        let samples = settings.batch
        self.parameters = parameters
        let states = parameters.groups.map { OptimizerState(settings, for: $0.trained) }
        self.states = states
        self.heads = heads
        self.pool = pool
        self.team = team
        self.parallel = parallel
        tasks = graphs.map { $0.outputs.map(\.name) }
        losses = [Double](repeating: 0, count: heads.count)
        let (shard, tree) = team.group.share(samples)
        self.shard = shard
        let parts = settings.accumulate
        try BatchParts.check(parts, batch: samples, groups: team.groups)
        let division = BatchParts(
            parts, tree: tree, rank: team.group.rank, shard: shard,
            normalizesLocally: parallel.batchNorm == .local && team.group.size > 1)
        scalars = StepScalars(
            lengths: heads.map { head in
                for graph in graphs {
                    guard let output = graph.outputs.first(where: { $0.name == head.name }) else { continue }
                    return LossCounts(head.loss, channels: graph.shape(of: output.value).channels).length
                }
                preconditionFailure("no graph has an output \(head.name)")
            }, tree: tree, division: division.tree)
        inputCount = shard.count * graphs[0].shapes[0].count
        try team.world.together { [inputCount] () throws(PlanningError) in
            try Self.check(memory: inputCount * MemoryLayout<Float>.stride, for: "pictures")
        }
        inputMemory = AlignedMemory(byteCount: inputCount * MemoryLayout<Float>.stride)
        input = inputMemory.floats()
        self.samples = PartSamples(parts, images: input, imageCount: inputCount)
        let bank = PreparedBank(storage: parameters.bank, kernels: kernels, pool: pool)
        self.bank = bank
        let accumulations = division.accumulations(
            team.graphs.map { (graphs[$0], parameters.groups[$0].trained) }, kernels: kernels)
        accumulationByteCount = accumulations.reduce(0) { $0 + ($1?.byteCount ?? 0) }
        // By graph and look of a part.
        let plans = try team.world.together { () throws(PlanningError) in
            var plans: [[ProgramPlan]] = []
            for (place, accumulation) in zip(team.graphs, accumulations) {
                let group = parameters.groups[place]
                var looks: [ProgramPlan] = []
                for tree in division.looks {
                    looks.append(
                        try ProgramPlan(
                            training: graphs[place], samples: division.samples, tree: tree,
                            normalization: division.normalization, kernels: kernels, threads: pool.threads, bank: bank,
                            trained: group.trained, statistics: group.statistics, gradients: accumulation?.gradients))
                }
                plans.append(looks)
            }
            try Self.check(memory: plans.joined().map(\.arenaByteCount).max()!, for: "activations")
            return plans
        }
        try team.world.prepare(bank)
        // Graphs run one after the other, so one arena serves them all.
        arenaByteCount = plans.joined().map(\.arenaByteCount).max()!
        let arena = AlignedMemory(byteCount: arenaByteCount)
        let finishing = AlignedMemory(byteCount: plans.joined().map(\.finishByteCount).max()!)
        let input = self.samples.images
        units = zip(zip(plans, accumulations), team.graphs).map { content, place in
            let looks = zip(content.0, division.looks).map { plan, tree in
                let program = plan.bind(arena: arena, finishing: finishing, inputs: [input])
                return Unit.Part(
                    program: program,
                    losses: program.outputs.map { output in
                        let place = heads.firstIndex { $0.name == output.name }!
                        let loss = TaskLoss(
                            heads[place].loss, output: output.value, gradient: output.gradient, kernels: kernels,
                            tree: tree)
                        return (place, loss)
                    })
            }
            return Unit(
                graph: place, parts: division.lookOfParts.map { looks[$0] },
                update: ParameterUpdate(
                    parameters.groups[place].trained, state: states[place], settings: settings, kernels: kernels),
                accumulation: content.1)
        }
        for unit in units {
            for (place, loss) in unit.losses { self.samples.keepLabels(of: place, like: loss) }
        }
        communication =
            team.world.size == 1
            ? nil
            : try StepCommunication(
                team: team, tree: tree, normalization: division.normalization,
                programs: units.map { $0.parts.map(\.program) },
                gradients: team.graphs.map { parameters.groups[$0].trained }, scalars: scalars, samples: samples,
                parallel: parallel)
    }

    /// The buffer of a task's labels; to be filled before `run`.
    package func labels(of name: String) -> UnsafeMutableBufferPointer<Float> {
        for unit in units {
            for (place, loss) in unit.losses where heads[place].name == name {
                return samples.labels(of: place)
                    ?? UnsafeMutableBufferPointer(start: loss.labels, count: loss.labelCount)
            }
        }
        preconditionFailure("\(name) is not trained here")
    }

    /// The tasks and ranks of every group; none where there is one.
    package var groups: [(tasks: [String], ranks: Range<Int>)] {
        guard team.isSplit else { return [] }
        return team.groups.groups.map { group in (group.graphs.flatMap { tasks[$0] }, group.ranks) }
    }

    /// Whether this rank trains the task.
    package func trains(_ name: String) -> Bool {
        units.contains { $0.losses.contains { heads[$0.place].name == name } }
    }

    /// From now on a batch of which nothing is known in any label of a task changes nothing of that task: neither its own
    /// values nor their averages, running statistics and momentum.
    func keepUnlabelledTasks() {
        unlabelled = UnlabelledTasks(units, heads: heads.map(\.name), parameters: parameters, states: states)
    }

    /// Adds every step from now on to the trace.
    package func record(in trace: Trace) {
        traced = StepTrace(trace, units: units, communication: communication)
        communication?.trace = trace
    }

    private var trace: Trace? { traced?.trace }

    /// The outputs of every graph, those of other groups too.
    package var outputs: [[String]] { tasks }

    /// Runs the step on the images and labels in the buffers.
    ///
    /// - Parameters:
    ///   - wantsToStop: this rank's wish, which all learn of.
    ///   - afterGradients: called with the place of a unit whose gradients are complete and not yet used.
    package func run(
        rate: Double, wantsToStop: Bool = false, afterGradients: ((Int) -> Void)? = nil
    ) throws(CollectiveError) {
        updates += 1
        try trace.span(.step) { () throws(CollectiveError) in
            try runParts(rate: rate, wantsToStop: wantsToStop, afterGradients)
        }
        traced?.addStep()
    }

    /// Goes on after `updates` steps, whose state was read from a checkpoint.
    package func resume(after updates: Int) { self.updates = updates }

    private func runParts(
        rate: Double, wantsToStop: Bool, _ afterGradients: ((Int) -> Void)?
    ) throws(CollectiveError) {
        try begin(wantsToStop: wantsToStop)
        for index in units.indices {
            for part in units[index].parts.indices {
                try forward(index, part)
                // The last gradients of the graph before have travelled meanwhile; graphs share nothing that is trained.
                if part == 0, index > 0 { try update(index - 1, rate: rate, afterGradients) }
                try backward(index, part)
            }
        }
        try end()
        try update(units.count - 1, rate: rate, afterGradients)
    }

    /// Counts what the labels of the whole batch know; comes before the graphs' parts of the step.
    private func begin(wantsToStop: Bool) throws(CollectiveError) {
        isUnified = false
        scalars.counts.update(repeating: 0, count: scalars.countOfCounts)
        for unit in units {
            for part in unit.parts.indices {
                for (place, loss) in unit.parts[part].losses {
                    samples.loadLabels(of: place, part: part, into: loss)
                    scalars.addCounts(of: loss, head: place, on: pool)
                }
            }
        }
        scalars.stops.pointee = wantsToStop ? 1 : 0
        try communication?.sumCounts()
        unlabelled?.save { scalars.counts(ofHead: $0)[0] == 0 }
        isStopWanted = scalars.stops.pointee > 0
    }

    private func forward(_ index: Int, _ part: Int) throws(CollectiveError) {
        let unit = units[index]
        let program = unit.parts[part].program
        samples.loadImages(part: part)
        try trace.span(.forward, graph: unit.graph) { () throws(CollectiveError) in
            try program.runForward(on: pool) { exchange throws(CollectiveError) in
                try communication!.exchange(exchange, ofProgram: index, part: part)
            }
        }
    }

    /// Losses and gradients; where there are other ranks, gradients leave as they become complete: within the backward
    /// pass, or behind that of the last part.
    private func backward(_ index: Int, _ part: Int) throws(CollectiveError) {
        let unit = units[index]
        let (program, losses) = (unit.parts[part].program, unit.parts[part].losses)
        trace.span(.losses, graph: unit.graph) {
            for (place, loss) in losses {
                samples.loadLabels(of: place, part: part, into: loss)
                // Of several parts, the loss remembers the counts of the last.
                if unit.parts.count > 1 { scalars.count(loss, on: pool) }
                loss.run(weight: heads[place].weight, counts: scalars.counts(ofHead: place), on: pool)
                scalars.add(loss.subtreeSums, head: place, part: part)
            }
        }
        try trace.span(.backward, graph: unit.graph) { () throws(CollectiveError) in
            try program.runBackward(
                on: pool,
                exchange: { exchange throws(CollectiveError) in
                    try communication!.exchange(exchange, ofProgram: index, part: part)
                },
                ready: { segment throws(CollectiveError) in
                    if unit.accumulation == nil { communication!.gradientsAreReady(segment, ofProgram: index) }
                })
            guard let accumulation = unit.accumulation else { return }
            accumulation.add(part: part, on: pool)
            if part == unit.parts.count - 1 { communication?.gradientsAreReady(ofProgram: index) }
        }
        if part < unit.parts.count - 1 { traced?.addPart(part, ofUnit: index) }
    }

    /// Moves the parameters, once their gradients are those of the whole batch; no other graph's may be under way.
    private func update(
        _ index: Int, rate: Double, _ afterGradients: ((Int) -> Void)?
    ) throws(CollectiveError) {
        let unit = units[index]
        try trace.span(.update, graph: unit.graph) { () throws(CollectiveError) in
            try communication?.waitForGradients()
            unit.program.finishGradients(on: pool)
            afterGradients?(index)
            unit.update.run(rate: rate, update: updates, on: pool)
            unlabelled?.restore(index, isFirst: updates == 1)
        }
    }

    /// Combines the losses of all ranks; comes after the graphs' parts of the step.
    private func end() throws(CollectiveError) {
        try communication?.sumLosses()
        for unit in units {
            for (place, loss) in unit.losses {
                losses[place] = loss.value(
                    ofSum: scalars.sums[place], weight: heads[place].weight, counts: scalars.counts(ofHead: place))
            }
        }
        if team.isSplit { try shareLosses() }
    }

    /// Brings every group's losses to all ranks.
    private func shareLosses() throws(CollectiveError) {
        for place in heads.indices { scalars.results[place] = 0 }
        if team.group.isFirst {
            for unit in units {
                for (place, _) in unit.losses {
                    scalars.results[place] = Int64(bitPattern: losses[place].bitPattern)
                }
            }
        }
        try communication!.shareResults()
        for place in heads.indices {
            losses[place] = Double(bitPattern: UInt64(bitPattern: scalars.results[place]))
        }
    }

    /// What this rank has sent in the last step; nil where there is one rank.
    var share: StepTraffic.Share? { communication?.traffic }

    /// What the last step has sent; nil where there is one rank. All ranks ask.
    package func traffic() throws(CollectiveError) -> StepTraffic? {
        guard let communication else { return nil }
        return StepTraffic(try team.world.gather(communication.traffic.values))
    }

    /// Makes all ranks hold the same state, before it is evaluated or saved. Where batch normalization is local, the
    /// running statistics become the means over the ranks of a group; then every group's state comes to all ranks.
    package func unify() throws(CollectiveError) {
        guard !isUnified else { return }
        isUnified = true
        if parallel.batchNorm == .local, team.group.size > 1 {
            for unit in units { try team.group.average(parameters.groups[unit.graph].statistics.values) }
        }
        guard team.isSplit else { return }
        for (graph, group) in parameters.groups.enumerated() {
            let root = team.groups.firstRank(ofGraph: graph)
            for memory in [group.trained.values, group.statistics.values] + states[graph].memories.map(\.memory) {
                try team.world.broadcast(memory, from: root)
            }
        }
    }

    /// Lets the averages of the weights, if any are kept, stand in the place of the weights while `body` runs. Running
    /// statistics stay as they are: they are averages over steps themselves, as `torch.optim.swa_utils` has them by default.
    func withAverages<Result>(_ body: () throws -> Result) rethrows -> Result {
        func exchange() {
            for (state, group) in zip(states, parameters.groups) { state.exchangeAverage(with: group.trained) }
        }
        // Before the first step there is nothing to average.
        guard updates > 0 else { return try body() }
        exchange()
        defer { exchange() }
        return try body()
    }
}
