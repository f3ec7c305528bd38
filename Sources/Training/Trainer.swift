import Checkpoints
import Collectives
import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import Graph
import Networks
import Tasks
import TensorCore

/// Trains the tasks of a configuration in a run folder, from its beginning or from where it was stopped.
package final class Trainer {
    /// How a run ended.
    package enum Ending: Sendable {
        case finished(TrainingResult)
        /// Stopped early, after `step` steps, by a signal; the state is saved.
        case stopped(step: Int)
    }

    package let configuration: RunConfiguration
    package let folder: RunFolder
    let observe: (TrainingEvent) -> Void
    private let data: TrainingData
    let network: MultiTaskNetwork
    package var parameters: NetworkParameters { step.parameters }
    /// Of the first rank, which alone writes.
    private let model: ModelFolder?
    let team: RankTeam
    let step: TrainingStep
    let validation: Validation
    let loop: TrainingLoop
    private let pool: ThreadPool
    private let kernels: Kernels
    private let trace: Trace?
    /// Of the first rank, while it may write.
    private var lock: RunLock?

    /// - Parameters:
    ///   - resume: whether to go on with a run that the folder holds.
    ///   - restart: whether a run that has lost its checkpoints begins again, over what it has written.
    ///   - trace: what steps, validation and checkpoints are added to.
    ///   - shouldStop: asked after every step; true saves the state and ends the run.
    ///   - observe: told what happens, on the calling thread.
    package init(
        _ configuration: RunConfiguration, folder path: String, resume: Bool, restart: Bool = false, kernels: Kernels,
        pool: ThreadPool, team: RankTeam = RankTeam(), trace: Trace? = nil,
        shouldStop: @escaping () -> Bool = { StopSignal.isRaised },
        observe: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        self.kernels = kernels
        self.pool = pool
        self.observe = observe
        self.team = team
        self.trace = trace
        let asked = configuration.tasks.map(\.task)
        team.setStallLimit(seconds: configuration.parallel.stallSeconds)
        try team.agree(on: configuration.agreement(kernels))
        let settings = configuration.training
        data = try TrainingData(configuration.data, tasks: asked)
        try team.agree(on: data.agreement(asked))
        let heads = [TaskHead](asked.map { [data] in data.head(of: $0) })
        folder = try RunFolder(path: path, configuration: configuration, resume: resume)
        let folder = self.folder
        // A run that is there must not change from here on; a new one is claimed when nothing can be refused any more.
        var lock = try team.first { folder.holdsRun ? try folder.claim() : nil } ?? nil
        let stored = try team.first { folder.holdsRun ? try ModelFolder(opening: folder.modelPath) : nil } ?? nil
        let bankFile =
            try team.first {
                try stored?.bank() ?? configuration.model.bank.map { try SafetensorsFile(path: $0) }
            } ?? nil
        // The first rank alone can read the file.
        let components = try team.fromFirst { bankFile.map { BankComponents(of: $0) } ?? .all }
        let crop = configuration.data.crop
        network = MultiTaskNetwork(
            configuration.model, heads: heads, height: crop.height, width: crop.width, components: components)
        let groups = try TaskGroups(
            configuration.parallel.taskGroups,
            costs: network.graphs.map { $0.cost.trainingStepFlop(samples: 1) }, ranks: team.size,
            batch: settings.batch)
        let tasks = try TaskTeam(team, groups: groups)
        let network = self.network
        var starting: [String] = []
        var notices: [String] = []
        step = try TrainingStep(
            network.graphs,
            heads: zip(heads, configuration.tasks).map { [data] head, task in
                let loss = try LossKind(task.loss, of: head.name, channels: head.channels) {
                    let counts = try ClassCounts(
                        data.training, of: head.task, classes: head.channels, workers: configuration.data.workers,
                        team: team)
                    notices += counts.notice(of: head.name, classNames: data.training.classNames(of: head.task))
                    return counts.frequencies
                }
                return TrainedHead(head.name, loss: loss, weight: task.weight)
            }, settings: settings, kernels: kernels, pool: pool, team: tasks, parallel: configuration.parallel,
            start: .firstRank { parameters in
                try Initialization(bank: bankFile, method: configuration.model.method, seed: settings.seed)
                    .fill(parameters)
                // A checkpoint, which has more, takes their place.
                guard let from = configuration.model.from, try folder.checkpoints.latestValid().checkpoint == nil else {
                    return
                }
                starting =
                    ["starts from the weights of \(from)"]
                    + (try StartingWeights(opening: from).fill(parameters, of: network))
            })
        if configuration.data.missingLabels == .allow { step.keepUnlabelledTasks() }
        let parameters = step.parameters
        let bank = SHA256.hexadecimal(
            of: UnsafeRawBufferPointer(start: parameters.bank.values.base, count: parameters.bank.values.byteCount))
        try team.agree(on: [AgreementItem("filter bank", bank)])
        let frame = data.frames[0]
        validation = try Validation(
            network: MultiTaskNetwork(
                configuration.model, heads: heads, height: frame.height, width: frame.width, components: components),
            parameters: parameters, data: data, batch: settings.batch / settings.accumulate,
            workers: configuration.data.workers,
            kernels: kernels, pool: pool, bank: step.bank, limit: configuration.parallel.evaluationLimit, team: team)
        loop = TrainingLoop(
            settings, output: configuration.output, step: step,
            checkpoint: TrainingCheckpoint(
                graphs: network.graphs, parameters: parameters, states: step.states, kernels: kernels),
            folder: folder, team: team,
            criterion: try BestCriterion(
                configuration.output.keepBest, stopAfter: settings.stopAfter, figures: validation.figures,
                primary: validation.comparedFigures), trace: trace, shouldStop: shouldStop, observe: observe)
        if resume { try loop.restore(restart: restart) }
        let begins = loop.done == 0
        let inputs = try team.first { [data] in
            let inputs = try data.inputs(asked, bank: bank)
            // A run that has done nothing may begin with other data.
            if !begins {
                let remedy = "begin a run from its weights: modulor train CONFIG --from \(path) --output FOLDER"
                notices += try folder.check(inputs, names: data.identifiers, remedy: remedy).map { [$0] } ?? []
            }
            return inputs
        }
        notices += data.leak.map { [$0] } ?? []
        notices += data.labelCounts
        // Only now is anything written: whatever is wrong with the request has been found.
        for text in try notices + team.takeNotices() + starting { observe(.noticed(text)) }
        model = try team.first {
            if let stored {
                try folder.keep(inputs!, begins: begins)
                return stored
            }
            lock = try folder.claim()
            return try folder.start(configuration, inputs: inputs!, bank: parameters.bank, hosts: team.hosts)
        }
        self.lock = lock
    }

    /// Steps that are done.
    var done: Int { loop.done }

    /// Trains until the last step, until there was no gain for long, or until a signal asks to stop.
    ///
    /// - Throws: `DivergenceError` where a loss or what was learned is not finite; the last checkpoint stays.
    package func run() throws -> Ending {
        defer { lock = nil }
        let settings = configuration.training
        observe(.started(summary))
        let trained = network.heads.filter { step.trains($0.name) }
        let loader = try BatchLoader(
            source: data.training, tasks: trained.map(\.task),
            plan: .training(
                order: SampleOrder(
                    count: data.training.count, batchSize: settings.batch, seed: UInt64(settings.seed)),
                shard: step.shard, augmentation: configuration.data.augmentation(seed: settings.seed)),
            workers: configuration.data.workers, startingAt: done)
        let ending = try loop.run(
            loader,
            fillLabels: { batch in
                for head in trained {
                    let labels = step.labels(of: head.name)
                    labels.baseAddress!.update(from: batch.labels(of: head.task), count: labels.count)
                }
            }, validate: scoreAndWrite)
        if case .signal = ending { return .stopped(step: done) }
        let result = try finish()
        observe(.finished(step: done, result: result))
        return .finished(result)
    }

    /// The timelines of all ranks; nil where none were asked for. All ranks ask, when the run is over.
    package func timelines() throws -> RunTrace? {
        try trace.map { try RunTrace($0, graphs: step.outputs, team: team) }
    }

    /// Scores the validation samples and writes the model as it is now.
    private func scoreAndWrite() throws {
        try loop.validating {
            try publish(try validation.run())
            try showState()
        }
    }

    /// Tells of a validation and writes the model that it was of, once more where it is the best so far.
    private func publish(_ scores: [ValidationScore]) throws {
        observe(.validated(step: done, scores: scores))
        let isBest = loop.judge(scores) && configuration.output.keepBest != .none
        let validated = ValidatedModel(step: done, scores: scores)
        try team.first {
            for head in network.heads {
                try model!.write(
                    task: head.name, tensors: parameters.tensors(ofTask: head.name, in: network.graphs),
                    metadata: head.metadata)
            }
            try validated.write(in: folder.path)
            if isBest {
                try model!.copy(
                    to: folder.bestPath, adding: (name: ValidatedModel.fileName, bytes: try validated.bytes))
            }
        }
    }

    private func finish() throws -> TrainingResult {
        let (scores, constants) = try loop.validating {
            let (scores, extremes) = try validation.runWithExtremes(2)
            try publish(scores)
            try showState(extremes)
            let constants = try team.first {
                let sheet = try validation.pictures(6)
                try PNGFile(height: sheet.height, width: sheet.width, pixels: .rgb(sheet.rgb)).write(
                    to: folder.picturesPath)
                return try validation.constantScores()
            }
            return (scores, constants)
        }
        try loop.tellTimes()
        let tasks = network.heads.indices.map { place in
            TrainingResult.Task(
                name: network.heads[place].name, results: scores[place].results,
                constants: constants?[place].results ?? [],
                parameters: parameters.parameterCount(ofTask: network.heads[place].name, in: network.graphs))
        }
        return TrainingResult(tasks: tasks, bankParameters: bankParameters, step: done, course: loop.course)
    }

    private var bankParameters: Int { parameters.bank.layout.entries.reduce(0) { $0 + $1.parameter.count } }

    private var summary: TrainingSummary {
        TrainingSummary(
            step: done, steps: configuration.training.iterations, batch: configuration.training.batch,
            ranks: team.size, groups: step.groups, threads: pool.threads,
            instructionSet: kernels.instructionSet.rawValue, kernelOptions: KernelRequest.options(for: kernels),
            parameters: network.heads.map {
                ($0.name, parameters.parameterCount(ofTask: $0.name, in: network.graphs))
            }, bankParameters: bankParameters, arenaByteCount: step.arenaByteCount,
            classNames: data.classNames(of: network.heads.map(\.task)),
            partNames: data.partNames(of: network.heads.map(\.task)), figures: validation.figures)
    }
}
