import Configuration
import ConvolutionEngine
import Graph
import Networks
import TensorCore

/// The one set-up of a step, for training, pretraining, benchmarks and verification.
extension TrainingStep {
    /// Who gives parameters their first values.
    package enum Start {
        /// The first rank, which alone reads files; the others get what it has.
        case firstRank((NetworkParameters) throws -> Void)
        /// Every rank alike, by functions of the parameters' names.
        case everyRank((NetworkParameters) -> Void)
    }

    /// Takes the memory, lets parameters start, shares the bank among the ranks of a node, and plans the step.
    ///
    /// - Parameters:
    ///   - graphs: run one after the other; every output has a head.
    ///   - team: the ranks that train, each the graphs of its group; by default this process alone.
    ///   - parallel: how ranks share the work.
    /// - Throws: what `start` throws; `PlanningError`, in a job `UsageError`, where the network cannot be trained on so few
    ///   samples or ranks cannot be divided into parts; `CollectiveError`.
    package convenience init(
        _ graphs: [Graph], heads: [TrainedHead], settings: TrainingSettings, kernels: Kernels, pool: ThreadPool,
        team given: TaskTeam? = nil, parallel: ParallelSettings = ParallelSettings(), start: Start
    ) throws {
        let team = given ?? TaskTeam(graphs: graphs.count)
        // Values and gradients, at the least.
        let numbers = graphs.reduce(0) { sum, graph in
            graph.parameters.reduce(sum) { $0 + ($1.role == .trained ? 2 : 1) * $1.count }
        }
        try team.world.together { () throws(PlanningError) in
            try Self.check(memory: numbers * MemoryLayout<Float>.stride, for: "parameters and gradients")
        }
        let parameters = NetworkParameters(
            graphs, training: true, subtrees: team.group.share(settings.batch).tree.subtrees)
        switch start {
        case .firstRank(let fill):
            try team.world.first { try fill(parameters) }
            for storage in parameters.storages.dropFirst() { try team.world.broadcast(storage.values) }
        case .everyRank(let fill):
            fill(parameters)
        }
        // Ranks that do not exist have no copy to share.
        if !team.isImagined {
            let filters = parameters.bank.values
            parameters.bank.move(
                to: try team.world.sharedCopy(byteCount: filters.byteCount, from: .firstRank) {
                    $0.copyMemory(from: filters.base, byteCount: filters.byteCount)
                })
        }
        try self.init(
            graphs: graphs, parameters: parameters, heads: heads, settings: settings, kernels: kernels, pool: pool,
            team: team, parallel: parallel)
    }

    /// Makes sure that the process can have so much memory.
    static func check(memory bytes: Int, for what: String) throws(PlanningError) {
        let limit = ProcessMemory.limit
        guard bytes > limit else { return }
        throw PlanningError(memory: bytes, for: what, limit: limit)
    }
}

extension NetworkParameters {
    /// Gives every parameter and statistic a value that is a function of what the network says of it.
    package func fill(_ value: (Graph.Parameter) -> [Float]) {
        for storage in storages {
            for entry in storage.layout.entries { storage.write(value(entry.parameter), to: entry, in: storage.values) }
        }
    }
}
