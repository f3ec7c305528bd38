import Collectives
import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import Graph
import Networks
import Tasks
import TensorCore

/// Trains a classifier from scratch in a run folder, so that a filter bank worth freezing exists.
///
/// The paper takes its bank from ImageNet (section 4.2); this one is made from pictures that are drawn, or from folders of
/// pictures, by the same recipe: cross-entropy, gradient descent with momentum, a falling learning rate. Equal
/// configurations give equal bytes, whatever the number of threads and ranks, and wherever a run was stopped and went on.
///
/// With a method other than `conv`, its modulators or adapters are in place and learn together with the filters: the
/// paper's reparameterization without response initialization (`rcm`), and the banks that residual adapters need, which
/// were always pretrained with adapters (Rebuffi et al., CVPR 2018, section 3). Every new task starts with a copy of them.
package final class Pretrainer {
    /// How a run ended.
    package enum Ending {
        /// The bank is written to the run's folder.
        case finished(FilterBank)
        /// Stopped early, after `step` steps, by a signal; the state is saved.
        case stopped(step: Int)
    }

    package let folder: RunFolder
    private let configuration: PretrainConfiguration
    private let data: ClassifiedData
    private let classifier: Classifier
    private var parameters: NetworkParameters { step.parameters }
    private let step: TrainingStep
    private let examination: ClassifierExamination
    private let loop: TrainingLoop
    private let team: RankTeam
    private let kernels: Kernels
    private let threads: Int
    private let observe: (TrainingEvent) -> Void
    /// Of the first rank, while it may write.
    private var lock: RunLock?

    /// - Parameters:
    ///   - resume: whether to go on with a run that the folder holds.
    ///   - restart: whether a run that has lost its checkpoints begins again, over what it has written.
    ///   - shouldStop: asked after every step; true saves the state and ends the run.
    ///   - observe: told what happens, on the calling thread.
    /// - Throws: `UsageError` where the configuration asks for what cannot be trained, or the folder is not for it;
    ///   `DataFileError` where a folder of pictures is not in order; `PlanningError`; `TooManyRanksError`;
    ///   `AgreementError`.
    package init(
        _ configuration: PretrainConfiguration, folder path: String, resume: Bool = false, restart: Bool = false,
        kernels: Kernels, pool: ThreadPool, team: RankTeam = RankTeam(),
        shouldStop: @escaping () -> Bool = { StopSignal.isRaised },
        observe: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        self.team = team
        self.kernels = kernels
        threads = pool.threads
        self.observe = observe
        team.setStallLimit(seconds: configuration.parallel.stallSeconds)
        let settings = configuration.training
        _ = try Shards(batch: settings.batch, ranks: team.size)
        let data = try ClassifiedData(configuration.data, seed: settings.seed)
        self.data = data
        try team.agree(on: configuration.agreement(kernels) + data.agreement)
        folder = try RunFolder(path: path, configuration: configuration, resume: resume)
        func classifier(height: Int, width: Int) -> Classifier {
            Classifier(
                backbone: configuration.model.backbone, width: configuration.model.width,
                method: configuration.model.method, classes: data.training.classNames.count, height: height,
                width: width)
        }
        let crop = configuration.data.crop
        self.classifier = classifier(height: crop.height, width: crop.width)
        let graph = self.classifier.graph
        try Self.checkNormalization(of: graph, configuration)
        let loss = LossKind.crossEntropy(CrossEntropyLoss(smoothing: settings.labelSmoothing))
        step = try TrainingStep(
            [graph], heads: [TrainedHead(Classifier.output, loss: loss, weight: 1)], settings: settings.common,
            kernels: kernels, pool: pool, team: TaskTeam(team, groups: TaskGroups(graphs: 1, ranks: team.size)),
            parallel: configuration.parallel,
            start: .everyRank { $0.fill { Initialization.draw($0, seed: settings.seed) } })
        let parameters = step.parameters
        let whole = data.examinationCrop
        examination = try ClassifierExamination(
            classifier(height: whole.cropHeight, width: whole.cropWidth), parameters: parameters, data: data,
            batchSize: settings.batch / settings.accumulate, kernels: kernels, pool: pool, team: team)
        loop = TrainingLoop(
            settings.common, output: configuration.output, step: step,
            checkpoint: TrainingCheckpoint(
                graphs: [graph], parameters: parameters, states: step.states, kernels: kernels),
            folder: folder, team: team,
            criterion: try BestCriterion(
                configuration.output.keepBest, stopAfter: settings.stopAfter,
                figures: [Classifier.output: ClassificationAccuracy.figures],
                primary: [.init(task: Classifier.output, figure: ClassificationAccuracy.figures[0])]),
            shouldStop: shouldStop, observe: observe)
        let folder = self.folder
        // A run that is there must not change from here on; a new one is claimed when nothing can be refused any more.
        lock = try team.first { folder.holdsRun ? try folder.claim() : nil } ?? nil
        if resume { try loop.restore(restart: restart) }
        let begins = loop.done == 0
        var notices: [String] = []
        let inputs = try team.first {
            let inputs = try data.inputs()
            // A run that has done nothing may begin with other data.
            if !begins {
                notices +=
                    try folder.check(
                        inputs, names: data.identifiers, remedy: "begin a new run, in another --output"
                    ).map { [$0] } ?? []
            }
            return inputs
        }
        // Only now is anything written: whatever is wrong with the request has been found.
        for text in try notices + team.takeNotices() { observe(.noticed(text)) }
        let begun = try team.first {
            if folder.holdsRun {
                try folder.keep(inputs!, begins: begins)
                return nil as RunLock?
            }
            let lock = try folder.claim()
            try folder.start(configuration, inputs: inputs!, hosts: team.hosts)
            return lock
        }
        if let begun { lock = begun }
    }

    private static func checkNormalization(of graph: Graph, _ configuration: PretrainConfiguration) throws {
        let shapes = graph.nodes.filter { $0.normalization != nil }.map { graph.shape(of: $0.output) }
        guard
            shapes.allSatisfy({
                max(1, configuration.training.batch / configuration.training.accumulate) * $0.height * $0.width > 1
            })
        else {
            let crop = configuration.data.crop
            throw UsageError(
                "data.crop: one picture of \(crop.height) x \(crop.width) pixels leaves batch normalization "
                    + "one value per channel, whose variance says nothing; raise training.batch or data.crop")
        }
    }

    /// Trains until the last step or until a signal asks to stop. All ranks have the bank in the end; the first writes it.
    ///
    /// - Throws: `DivergenceError` where the loss or what was learned is not finite, the last checkpoint stays;
    ///   `WorkerThreadError`; `SampleError` where a picture cannot be read.
    package func run() throws -> Ending {
        defer { lock = nil }
        let settings = configuration.training
        observe(.started(summary))
        let loader = try BatchLoader(
            source: data.cachedTraining, tasks: [],
            plan: .training(
                order: SampleOrder(
                    count: data.training.count, batchSize: settings.batch, seed: UInt64(settings.seed)),
                shard: step.shard, augmentation: data.trainingCrop),
            workers: configuration.data.workers, startingAt: loop.done)
        let ending = try loop.run(
            loader,
            fillLabels: { batch in
                let labels = step.labels(of: Classifier.output)
                for (place, sample) in batch.samples.enumerated() {
                    labels[place] = Float(data.training.classIndex(at: sample.draw.index))
                }
            }, validate: { _ = try loop.validating(examine) })
        if case .signal = ending { return .stopped(step: loop.done) }
        // The bank has the weights that are examined.
        let bank = try loop.validating {
            let bank = self.bank(try examine())
            try team.first { try bank.write(to: folder.bankPath) }
            return bank
        }
        try loop.tellTimes()
        observe(.finished(step: loop.done, result: result(bank)))
        return .finished(bank)
    }

    private func examine() throws -> ClassificationAccuracy {
        let accuracy = try examination.accuracy()
        let score = ValidationScore(classes: Classifier.output, results: accuracy.results)
        observe(.validated(step: loop.done, scores: [score]))
        if loop.judge([score]), configuration.output.keepBest != .none {
            try team.first { try bank(accuracy).write(to: folder.bestBankPath) }
        }
        return accuracy
    }

    /// The filters as they are now.
    private func bank(_ accuracy: ClassificationAccuracy) -> FilterBank {
        FilterBank(
            configuration: configuration, classes: data.training.classNames.count, step: loop.done,
            parameters: parameters, accuracy: accuracy)
    }

    private func result(_ bank: FilterBank) -> TrainingResult {
        TrainingResult(
            tasks: [
                TrainingResult.Task(
                    name: Classifier.output, results: bank.accuracy.results, constants: data.constantAccuracy.results,
                    parameters: parameterCount)
            ], bankParameters: 0, step: loop.done, course: loop.course)
    }

    /// Everything is trained, so all of it is the classifier's own.
    private var parameterCount: Int {
        parameters.parameterCount(ofTask: Classifier.output, in: [classifier.graph])
    }

    private var summary: TrainingSummary {
        TrainingSummary(
            step: loop.done, steps: configuration.training.iterations, batch: configuration.training.batch,
            ranks: team.size, groups: step.groups, threads: threads,
            instructionSet: kernels.instructionSet.rawValue, kernelOptions: KernelRequest.options(for: kernels),
            parameters: [(Classifier.output, parameterCount)],
            bankParameters: 0, arenaByteCount: step.arenaByteCount, classNames: [:], partNames: [:],
            figures: [Classifier.output: ClassificationAccuracy.figures])
    }
}
