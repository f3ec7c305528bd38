import CThreadPool
import ConvolutionEngine
import TensorCore

/// A graph planned for a number of samples, a machine and a mode, but not yet bound to memory.
package struct ProgramPlan {
    private let builder: ProgramBuilder
    private let memory: MemoryPlan
    private let finishMemory: MemoryPlan
    private let emit: (ProgramBuilder.Emission, ProgramBuilder.Emission) -> Program.Steps

    /// Plans training: batch normalization uses the batch's statistics, and what a backward pass needs is kept.
    ///
    /// - Parameters:
    ///   - samples: how many samples this rank computes at a time.
    ///   - tree: the samples' place in the tree of the global batch.
    ///   - trained: storage of every trained parameter of the graph, with gradients.
    ///   - statistics: storage of the running statistics.
    ///   - normalization: the tree of the samples whose statistics batch normalization takes; by default all. Those of this
    ///     rank alone need no exchange, but the parameters' gradients are then summed over ranks as others are.
    ///   - gradients: where the backward pass leaves the gradients of this rank's subtrees, where they are added up before
    ///     they are finished; by default in those of `trained`.
    /// - Throws: where a batch normalization would see one value per channel, on all ranks alike.
    package init(
        training graph: Graph, samples: Int, tree: ReductionTree, normalization: ReductionTree? = nil,
        kernels: Kernels, threads: Int, bank: PreparedBank, trained: ParameterStorage, statistics: ParameterStorage,
        gradients: AlignedMemory? = nil
    ) throws(PlanningError) {
        try Self.check(graph, tree, normalization ?? tree)
        self.init(
            ProgramBuilder(
                graph: graph, samples: samples, tree: tree, normalization: normalization ?? tree, kernels: kernels,
                threads: threads, bank: bank, trained: trained, statistics: statistics,
                gradients: gradients ?? trained.gradient))
    }

    /// Plans an evaluation: batch normalization uses running statistics, and nothing is kept for a backward pass.
    package init(
        evaluating graph: Graph, samples: Int, kernels: Kernels, threads: Int, bank: PreparedBank,
        trained: ParameterStorage, statistics: ParameterStorage
    ) {
        self.init(
            ProgramBuilder(
                graph: graph, samples: samples, tree: nil, normalization: nil, kernels: kernels, threads: threads,
                bank: bank, trained: trained, statistics: statistics, gradients: nil))
    }

    private init(_ builder: ProgramBuilder) {
        var builder = builder
        (memory, finishMemory, emit) = builder.lower()
        self.builder = builder
    }

    private static func check(
        _ graph: Graph, _ tree: ReductionTree, _ normalization: ReductionTree
    ) throws(PlanningError) {
        // Shards differ by at most one sample, and all ranks have to come to the same end.
        let isLocal = tree.isShared && !normalization.isShared
        let samples =
            isLocal ? min(normalization.batch, tree.batch / tree.subtreesOfShards.count) : normalization.batch
        for node in graph.nodes {
            guard let parameters = node.normalization, !parameters.isFrozen else { continue }
            let shape = graph.shape(of: node.output)
            guard samples * shape.height * shape.width == 1 else { continue }
            throw PlanningError(
                oneValuePerChannel: graph.parameter(parameters.scale).module.name,
                seeing: isLocal ? .shard : normalization.batch < tree.batch ? .part : .batch)
        }
    }

    /// Bytes of the arena that activations, gradients and scratch share.
    package var arenaByteCount: Int { memory.arenaByteCount }

    /// Bytes of scratch that finishing the gradients takes, beside the arena.
    package var finishByteCount: Int { finishMemory.arenaByteCount }

    /// Writes the steps for an arena of at least `arenaByteCount` bytes, which programs that never run at the same
    /// time may share, and for inputs of samples × height × width × channels values each, in the order of the graph.
    ///
    /// - Parameter finishing: at least `finishByteCount` bytes, which programs may share too: one may finish its gradients
    ///   while another's passes are under way. By default the program has its own.
    package func bind(
        arena: AlignedMemory, finishing: AlignedMemory? = nil, inputs: [UnsafeMutablePointer<Float>]
    ) -> Program {
        let finishing = finishing ?? AlignedMemory(byteCount: finishByteCount)
        precondition(arena.byteCount >= arenaByteCount, "the arena is too small")
        precondition(finishing.byteCount >= finishByteCount, "the memory for finishing gradients is too small")
        builder.bank.prepare()
        let arguments = ArgumentStore()
        let convolution = ConvolutionSteps(
            kernels: builder.kernels, threads: builder.threads, arguments: arguments)
        func emission(_ memory: MemoryPlan, in arena: AlignedMemory) -> ProgramBuilder.Emission {
            ProgramBuilder.Emission(
                arena: arena.base, memory: memory, inputs: inputs, convolution: convolution,
                fold: builder.tree?.fold(in: arguments) ?? .init(),
                normalizationFold: builder.normalizationTree?.fold(in: arguments) ?? .init())
        }
        return Program(
            graph: builder.graph,
            steps: emit(emission(memory, in: arena), emission(finishMemory, in: finishing)), arguments: arguments,
            owners: [arena, finishing, builder.kept, builder.bank, builder.trained, builder.statistics]
                + [builder.gradients].compactMap { $0 })
    }
}

/// The steps of a network, ready to run: nothing is allocated, retained or released while they do.
package final class Program {
    /// What the network gives for one task.
    package struct Output {
        package let name: String
        /// samples × height × width × channels.
        package let value: TensorView
        /// To be filled with the loss's gradient before `runBackward`; nil in evaluation.
        package let gradient: TensorView?
    }

    /// The parts of a program as they are planned.
    struct Steps {
        var forward: ProgramPart
        var backward: ProgramPart
        var finish: ProgramPart
        var outputs: [Output]
    }

    package let graph: Graph
    package let outputs: [Output]
    var forward: ProgramPart
    var backward: ProgramPart
    var finish: ProgramPart
    let arguments: ArgumentStore
    /// What owns the memory that the steps point into, the input's apart.
    private let owners: [AnyObject]

    init(graph: Graph, steps: Steps, arguments: ArgumentStore, owners: [AnyObject]) {
        self.graph = graph
        outputs = steps.outputs
        forward = steps.forward
        backward = steps.backward
        finish = steps.finish
        self.arguments = arguments
        self.owners = owners
    }

    /// The sums that ranks exchange, in the order of the forward and then of the backward pass; none where one rank has
    /// all samples.
    package var exchanges: [SumExchange] { (forward.pauses + backward.pauses).compactMap(\.pause.sums) }

    /// The stretches of the gradients' arena that ranks sum, in the order in which they become complete; none where one
    /// rank has all samples. What is left out (batch norms, gains) every rank has in full.
    package var gradientSegments: [Range<Int>] { backward.pauses.compactMap(\.pause.gradients) }

    /// Computes the outputs from the input.
    ///
    /// - Parameter exchange: fills in what other ranks have summed, told the exchange's place in `exchanges`.
    package func runForward<Failure: Error>(
        on pool: ThreadPool, exchange: (Int) throws(Failure) -> Void
    ) throws(Failure) {
        var exchanges = 0
        try forward.run(on: pool) { _ throws(Failure) in
            try exchange(exchanges)
            exchanges += 1
        }
    }

    /// Computes, from the gradients of the outputs, those of the trained parameters for each of this rank's subtrees.
    ///
    /// - Parameters:
    ///   - exchange: as in `runForward`.
    ///   - ready: told the place in `gradientSegments` of a stretch that is complete for this rank; it is not touched
    ///     again before `finishGradients`.
    package func runBackward<Failure: Error>(
        on pool: ThreadPool, exchange: (Int) throws(Failure) -> Void, ready: (Int) throws(Failure) -> Void
    ) throws(Failure) {
        var exchanges = forward.pauses.count
        var segments = 0
        try backward.run(on: pool) { pause throws(Failure) in
            switch pause {
            case .exchange:
                try exchange(exchanges)
                exchanges += 1
            case .gradientsReady:
                try ready(segments)
                segments += 1
            }
        }
    }

    /// Turns the summed gradients of computed filters, in the arena's first copy, into those of their parameters.
    package func finishGradients(on pool: ThreadPool) {
        finish.run(on: pool) { (_: ProgramPart.Pause) in }
    }

    /// The forward pass of a rank that has all samples.
    package func runForward(on pool: ThreadPool) {
        forward.run(on: pool) { (_: ProgramPart.Pause) in }
    }

    /// The backward pass of a rank that has all samples, finished.
    package func runBackward(on pool: ThreadPool) {
        backward.run(on: pool) { (_: ProgramPart.Pause) in }
        finishGradients(on: pool)
    }
}
