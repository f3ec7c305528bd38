import Checkpoints
import Collectives
import Configuration
import ConvolutionEngine
import Foundation
import Graph
import Networks
import Tasks
import TensorCore

/// The training step of a configuration on random images, labels and parameters: of data set and bank no value is read, as
/// no kernel's time depends on them.
final class RandomStep {
    let network: MultiTaskNetwork
    let step: TrainingStep
    var parameters: NetworkParameters { step.parameters }
    let groups: TaskGroups
    private let rate: Double

    /// Who trains.
    enum Ranks {
        /// All ranks of the team take part.
        case team(RankTeam)
        /// As many ranks, of which this is one with the most to compute, and the others do not exist.
        case imagined(Int)
    }

    /// - Throws: `PlanningError`, in a job `UsageError`, where the network cannot be trained on so few samples;
    ///   `TooManyRanksError`; `CollectiveError`.
    init(_ configuration: RunConfiguration, ranks: Ranks, kernels: Kernels, pool: ThreadPool) throws {
        let settings = configuration.training
        rate = settings.learningRate
        let team = if case .team(let team) = ranks { team } else { RankTeam() }
        let network = MultiTaskNetwork(configuration, components: try .planned(configuration, team: team))
        self.network = network
        let costs = network.graphs.map { $0.cost.trainingStepFlop(samples: 1) }
        func groups(_ ranks: Int) throws -> TaskGroups {
            try TaskGroups(
                configuration.parallel.taskGroups, costs: costs, ranks: ranks, batch: settings.batch)
        }
        let tasks: TaskTeam
        switch ranks {
        case .team(let team):
            tasks = try TaskTeam(team, groups: try groups(team.size))
        case .imagined(let count):
            let groups = try groups(count)
            let most = groups.groups.indices.max { one, other in
                func cost(_ group: TaskGroups.Group) -> Int {
                    group.graphs.reduce(0) { $0 + costs[$1] }
                        * ((settings.batch + group.ranks.count - 1) / group.ranks.count)
                }
                return (cost(groups.groups[one]), other) < (cost(groups.groups[other]), one)
            }!
            tasks = try TaskTeam(imagining: groups, group: most)
        }
        self.groups = tasks.groups
        step = try TrainingStep(
            network.graphs,
            heads: zip(network.heads, configuration.tasks).map { head, task in
                // No labels are counted for a step that is timed; their frequencies cost it nothing.
                let loss = try LossKind(task.loss, of: head.name, channels: head.channels) {
                    ClassFrequencies(evenOver: head.channels)
                }
                return TrainedHead(head.name, loss: loss, weight: task.weight)
            }, settings: settings, kernels: kernels, pool: pool, team: tasks, parallel: configuration.parallel,
            start: .everyRank { $0.fill { Initialization.draw($0, seed: settings.seed) } })
        let crop = configuration.data.crop
        let batch = RandomBatch(samples: step.shard.count, height: crop.height, width: crop.width)
        batch.fill(step.input, named: "input.0")
        for head in network.heads where step.trains(head.name) {
            batch.fill(step.labels(of: head.name), of: head, step: 0)
        }
    }

    /// Runs the step and gives its time in seconds.
    func run() throws(CollectiveError) -> Double {
        let start = ContinuousClock.now
        try step.run(rate: rate)
        return (ContinuousClock.now - start).seconds
    }
}

extension BankComponents {
    /// Those of the bank that a configuration names, as its shapes tell; all where it names none, or one that is not there
    /// yet. All ranks of the team take part.
    static func planned(_ configuration: RunConfiguration, team: RankTeam) throws -> BankComponents {
        try team.fromFirst {
            guard let path = configuration.model.bank, FileManager.default.fileExists(atPath: path) else { return .all }
            return BankComponents(of: try SafetensorsFile(path: path))
        }
    }
}

extension MultiTaskNetwork {
    /// The network that a configuration describes, with the classes that its data set has.
    ///
    /// - Parameter components: how many filters the bank has; by default as many as its convolutions have outputs.
    init(_ configuration: RunConfiguration, components: BankComponents = .all) {
        let crop = configuration.data.crop
        self.init(
            configuration.model,
            heads: configuration.tasks.map { TaskHead($0.task, channels: configuration.data.channels(of: $0.task)) },
            height: crop.height, width: crop.width, components: components)
    }
}
