import Collectives
import Configuration
import ConvolutionEngine
import Datasets
import Graph
import Networks

/// What training a configuration takes on some number of ranks, of which one is measured; its keys in JSON are these
/// names in snake case. Figures are those of a rank with the most to compute.
package struct RunPlan: Encodable, Sendable {
    /// A convolution.
    package struct Layer: Encodable, Sendable {
        package let tasks: [String]
        package let layer: String
        package let kind: String
        package let channels: [Int]
        /// Height and width of the output.
        package let outputSize: [Int]
        /// Of its filter or of what its filter is computed from.
        package let parameterBytes: Int
        /// By direct counting, of this rank's samples; forward, backward to data, backward to filter.
        package let flop: [Int]
        /// By pass; empty for a pass that is not needed. "product" where the bank's filter and its modulator are one.
        package let algorithms: [String]
        /// Of all passes.
        package let seconds: Double
    }

    /// In bytes.
    package struct Memory: Encodable, Sendable {
        /// Activations, their gradients and scratch.
        package let arenaBytes: Int
        /// Trained parameters of the tasks and their running statistics.
        package let parameterBytes: Int
        /// Gradients, one copy for each subtree of the samples.
        package let gradientBytes: Int
        package let optimizerBytes: Int
        /// Frozen filters as stored; one copy per node.
        package let bankBytes: Int
        /// And as passes read them; one copy per node.
        package let preparedBankBytes: Int
        package let inputBytes: Int
        /// Activations, input and what is read ahead while the largest validation picture is evaluated, in tiles where a
        /// pass over all of it would take more than it may; nil where the data set is not there.
        package let validationBytes: Int?
        /// Height and width of that picture's frame.
        package let validationSize: [Int]?
        package let totalBytes: Int
    }

    /// What a rank sends per step, in bytes.
    package struct Traffic: Encodable, Sendable {
        package let gradientBytes: Int
        /// What is sent per byte of gradients: 2 (R − 1) / R, and more where shards are several subtrees.
        package let factor: Double
        package let leastFactor: Double
        package let gradientBytesSentPerStep: Double
        package let sumBytesSentPerStep: Double
        package let bytesSentPerStep: Double
        /// Messages through the network, of gradients and of sums.
        package let gradientMessagesSentPerStep: Int
        package let sumMessagesSentPerStep: Int
        /// Batch-norm exchanges of a step.
        package let batchNormExchanges: Int
    }

    package let ranks: Int
    package let groups: Int
    package let batch: Int
    /// Samples of the rank.
    package let samples: Int
    package let threads: Int
    package let isa: String
    /// How algorithms were chosen, see `Kernels.choiceName`.
    package let convolution: String
    /// Of the whole batch.
    package let flopPerStep: Int
    package let flopPerRankAndStep: Int
    package let memory: Memory
    /// nil for one rank.
    package let traffic: Traffic?
    package let link: LinkModel?
    package let predicted: StepPrediction
    package let imagesPerSecond: Double
    /// Against as many ranks that never talk to each other.
    package let efficiency: Double
    package let rows: [Layer]

    /// Measures one rank of `ranks`, whose step runs on this machine after one that does not count.
    ///
    /// - Throws: `TooManyRanksError`, `UsageError` or `PlanningError` where the job cannot be run.
    package init(
        _ configuration: RunConfiguration, ranks: Int, link: LinkModel, kernels: Kernels, rounds: Int = 3
    ) throws {
        let pool = configuration.parallel.threadPool()
        let content = try RandomStep(
            configuration, ranks: ranks == 1 ? .team(RankTeam()) : .imagined(ranks), kernels: kernels, pool: pool)
        let step = content.step
        let (timeline, profile) = try content.timeline(rounds: rounds)
        let shared = step.share
        let sharing = content.groups.groups.map(\.ranks.count).max()!
        let factor = shared?.traffic.factor ?? 0
        predicted = StepPrediction(timeline, link: link, ranks: ranks == 1 ? 1 : sharing, factor: factor)

        self.ranks = ranks
        groups = content.groups.groups.count
        batch = configuration.training.batch
        samples = step.shard.count
        threads = pool.threads
        isa = kernels.instructionSet.rawValue
        convolution = kernels.choiceName
        let costs = content.network.graphs.map(\.cost)
        flopPerStep = costs.reduce(0) { $0 + $1.trainingStepFlop(samples: configuration.training.batch) }
        flopPerRankAndStep = step.units.reduce(0) { $0 + costs[$1.graph].trainingStepFlop(samples: step.shard.count) }
        memory = Memory(content, configuration, ranks: ranks, kernels: kernels, threads: pool.threads)
        traffic = shared.map { Traffic($0, exchanges: timeline.entries.count { $0.moment == .batchNorm }) }
        self.link = ranks > 1 ? link : nil
        imagesPerSecond = Double(batch) / predicted.secondsPerStep
        efficiency = timeline.seconds / predicted.secondsPerStep
        rows = step.units.flatMap { Self.layers($0, costs[$0.graph], samples: step.shard.count, profile, kernels) }
    }

    private static func layers(
        _ unit: TrainingStep.Unit, _ cost: Graph.Cost, samples: Int, _ profile: [StepProfile.Row], _ kernels: Kernels
    ) -> [Layer] {
        let graph = unit.program.graph
        let tasks = graph.outputs.map(\.name)
        let products = Set(
            graph.nodes.indices.flatMap { graph.modulatedFilter($0, choice: kernels.choice)?.nodes ?? [] })
        return graph.nodes.indices.compactMap { index in
            let (node, flop) = (graph.nodes[index], cost.nodes[index])
            guard let geometry = node.convolution?.geometry else { return nil }
            let (input, output) = (graph.shape(of: node.inputs[0]), graph.shape(of: node.output))
            let own = ConvolutionLayer(geometry, height: input.height, width: input.width)
            let counts = [flop.forward, flop.backwardToData, flop.backwardToFilter]
            let name = graph.name(of: node)
            let bytes = graph.parameters(of: node).reduce(0) {
                $0 + graph.parameter($1).count * MemoryLayout<Float>.stride
            }
            return Layer(
                tasks: tasks, layer: name, kind: node.operation.facts.kind,
                channels: [geometry.inputChannels, geometry.outputChannels], outputSize: [output.height, output.width],
                parameterBytes: bytes, flop: counts.map { samples * $0 },
                algorithms: zip(ConvolutionPass.allCases, counts).map { pass, count in
                    count == 0
                        ? ""
                        : products.contains(index)
                            ? "product" : kernels.algorithm(LayerPass(own, pass)).description
                },
                seconds: profile.reduce(0) { $0 + ($1.node == name && $1.tasks == tasks ? $1.seconds : 0) })
        }
    }
}

extension RunPlan.Memory {
    init(_ content: RandomStep, _ configuration: RunConfiguration, ranks: Int, kernels: Kernels, threads: Int) {
        let step = content.step
        // A rank keeps the state of all tasks, so that each can be saved.
        let groups = content.parameters.groups
        arenaBytes = step.arenaByteCount
        parameterBytes = groups.reduce(0) { $0 + $1.trained.values.byteCount + $1.statistics.values.byteCount }
        gradientBytes =
            groups.reduce(0) { $0 + ($1.trained.gradient?.byteCount ?? 0) } + step.accumulationByteCount
        optimizerBytes = step.states.reduce(0) { $0 + $1.byteCount }
        bankBytes = content.parameters.bank.values.byteCount
        preparedBankBytes = step.bank.byteCount
        inputBytes = step.inputCount * MemoryLayout<Float>.stride
        let data = try? OpenedData(configuration.data, tasks: configuration.tasks.map(\.task))
        if let data, let frames = try? data.frames() {
            let size = frames.largest
            let limit = configuration.parallel.evaluationLimit
            let network = EvaluatedNetwork(
                graphs: content.network.graphs, parameters: content.parameters, kernels: kernels, threads: threads,
                bank: step.bank)
            let samples = network.samples(
                EvaluationPasses.samples(
                    batch: configuration.training.batch / configuration.training.accumulate, of: data.validation.count,
                    in: frames, ranks: ranks), of: size, limit: limit)
            validationSize = [size.height, size.width]
            let batches = (data.validation.count + samples * ranks - 1) / (samples * ranks)
            validationBytes =
                network.byteCount(of: size, samples: samples, limit: limit)
                + BatchLoader.byteCount(
                    of: size.height * size.width, tasks: configuration.tasks.map(\.task), samples: samples,
                    batches: batches, workers: configuration.data.workers)
        } else {
            (validationSize, validationBytes) = (nil, nil)
        }
        totalBytes =
            arenaBytes + parameterBytes + gradientBytes + optimizerBytes + bankBytes + preparedBankBytes + inputBytes
            + (validationBytes ?? 0)
    }
}

extension RunPlan.Traffic {
    init(_ share: StepTraffic.Share, exchanges: Int) {
        gradientBytes = share.gradients
        factor = share.traffic.factor
        leastFactor = share.traffic.leastFactor
        gradientBytesSentPerStep = Double(share.gradients) * share.traffic.factor
        sumBytesSentPerStep = Double(share.sumsSent.bytes)
        bytesSentPerStep = gradientBytesSentPerStep + sumBytesSentPerStep
        (gradientMessagesSentPerStep, sumMessagesSentPerStep) = (share.gradientsSent.messages, share.sumsSent.messages)
        batchNormExchanges = exchanges
    }
}

extension RandomStep {
    /// Runs the step `rounds` times after one that does not count: what it is made of, and where its time goes.
    func timeline(rounds: Int) throws -> (StepTimeline, profile: [StepProfile.Row]) {
        let trace = try Trace(RankTeam())
        step.record(in: trace)
        _ = try run()
        var timelines: [StepTimeline] = []
        var profile = StepProfile(step: step, samples: step.shard.count)
        for _ in 0..<rounds {
            trace.forget()
            profile.addRound(seconds: try run())
            timelines.append(step.timeline(trace))
        }
        return (StepTimeline(medians: timelines), profile.rows)
    }
}
