import Checkpoints
import Collectives
import Configuration
import ConvolutionEngine
import Datasets
import Graph
import Networks
import Tasks
import TensorCore

/// Trains a classifier from scratch, so that a filter bank worth freezing exists.
///
/// The paper takes its bank from ImageNet (section 4.2); this one is made from pictures that are drawn, or from folders of
/// pictures, by the same recipe: cross-entropy, gradient descent with momentum, a falling learning rate. Equal
/// configurations give equal bytes, whatever the number of threads and ranks.
///
/// With a method other than `conv`, its modulators or adapters are in place and learn together with the filters: the
/// paper's reparameterization without response initialization (`rcm`), and the banks that residual adapters need, which
/// were always pretrained with adapters (Rebuffi et al., CVPR 2018, section 3). Every new task starts with a copy of them.
package struct Pretraining {
    package let configuration: PretrainConfiguration
    private let data: ClassifiedData

    /// - Throws: `UsageError` where the configuration asks for what cannot be trained; `DataFileError` where a folder of
    ///   pictures is not in order.
    package init(_ configuration: PretrainConfiguration) throws {
        self.configuration = configuration
        data = try ClassifiedData(configuration.data, seed: configuration.training.seed)
        let crop = configuration.data.crop
        let graph = classifier(for: crop).graph
        let normalized = graph.nodes.filter {
            if case .batchNormalization = $0.operation { true } else { false }
        }.map { graph.shape(of: $0.output) }
        guard normalized.allSatisfy({ configuration.training.batch * $0.height * $0.width > 1 }) else {
            throw UsageError(
                "data.crop: one picture of \(crop.height) x \(crop.width) pixels leaves batch normalization "
                    + "one value per channel, whose variance says nothing; raise training.batch or data.crop")
        }
    }

    private func classifier(for size: PixelSize) -> Classifier {
        Classifier(
            backbone: configuration.model.backbone, width: configuration.model.width,
            method: configuration.model.method, classes: data.training.classNames.count, height: size.height,
            width: size.width)
    }

    /// Trains, and evaluates after the last step. All ranks take part, and have the bank in the end.
    ///
    /// - Parameter report: called every `output.log_every` steps, after the last one, and after every validation.
    /// - Throws: `PretrainingError` where training diverges; `PlanningError`; `WorkerThreadError`; `TooManyRanksError`;
    ///   `AgreementError`; `SampleError` where a picture cannot be read.
    package func run(
        kernels: Kernels, pool: ThreadPool, team: RankTeam = RankTeam(),
        report: (PretrainingProgress) -> Void = { _ in }
    ) throws -> FilterBank {
        let settings = configuration.training
        _ = try Shards(batch: settings.batch, ranks: team.size)
        try team.agree(
            on: [
                AgreementItem("configuration", Array(configuration.yaml().utf8).withUnsafeBytes(SHA256.hexadecimal)),
                AgreementItem("pictures", "\(data.training.count) and \(data.validation.count)"),
            ] + kernels.agreement)
        let classifier = self.classifier(for: configuration.data.crop)
        let parameters = NetworkParameters(
            [classifier.graph], training: true, subtrees: team.share(settings.batch).tree.subtrees)
        for storage in parameters.storages {
            for entry in storage.layout.entries {
                storage.write(
                    Initialization.draw(entry.parameter, method: configuration.model.method, seed: settings.seed),
                    to: entry, in: storage.values)
            }
        }
        let step = try TrainingStep(
            graphs: [classifier.graph], parameters: parameters,
            heads: [TrainedHead(Classifier.output, loss: loss, weight: 1)], samples: settings.batch,
            momentum: settings.momentum, weightDecay: settings.weightDecay, kernels: kernels, pool: pool,
            team: TaskTeam(team, groups: TaskGroups(graphs: 1, ranks: team.size)), parallel: configuration.parallel)
        let crop = data.examinationCrop
        let examination = try ClassifierExamination(
            self.classifier(for: PixelSize(height: crop.cropHeight, width: crop.cropWidth)), parameters: parameters,
            data: data, batchSize: settings.batch, kernels: kernels, pool: pool, team: team)
        let loader = try BatchLoader(
            source: data.cachedTraining, tasks: [],
            plan: .training(
                order: SampleOrder(
                    count: data.training.count, batchSize: settings.batch, seed: UInt64(settings.seed)),
                shard: step.shard, augmentation: data.trainingCrop),
            workers: configuration.data.workers)
        var stretch = Stretch()
        for index in 0..<settings.iterations {
            try fill(step, from: loader)
            try step.run(
                rate: settings.common.learningRateSchedule.rate(
                    settings.learningRate, step: index, steps: settings.iterations))
            let (done, loss) = (index + 1, step.losses[0])
            guard loss.isFinite else { throw PretrainingError.nonFiniteLoss(loss, step: done) }
            stretch.add(loss)
            if done % configuration.output.logEvery == 0 || done == settings.iterations {
                report(stretch.finish(after: done, of: settings.iterations, batch: settings.batch))
            }
            if settings.validateEvery > 0, done % settings.validateEvery == 0, done < settings.iterations {
                report(.validated(steps: done, try examination.accuracy()))
                stretch = Stretch()
            }
        }
        loader.stop()
        let bank = FilterBank(
            configuration: configuration, classes: data.training.classNames.count, parameters: parameters,
            accuracy: try examination.accuracy())
        if let name = bank.nonFiniteTensor { throw PretrainingError.nonFiniteTensor(name) }
        report(.validated(steps: settings.iterations, bank.accuracy))
        return bank
    }

    private var loss: LossKind {
        let smoothing = configuration.training.labelSmoothing
        return smoothing > 0 ? .smoothedCrossEntropy(smoothing: smoothing) : .crossEntropy
    }

    private func fill(_ step: TrainingStep, from loader: BatchLoader) throws {
        guard let batch = try loader.next() else { preconditionFailure("training's batches never end") }
        step.input.update(from: batch.images, count: step.inputCount)
        let labels = step.labels(of: Classifier.output)
        for (place, sample) in batch.samples.enumerated() {
            labels[place] = Float(data.training.classIndex(at: sample.draw.index))
        }
    }
}

/// The steps between two reports.
private struct Stretch {
    private let start = ContinuousClock.now
    private var losses = 0.0
    private var steps = 0

    mutating func add(_ loss: Double) {
        losses += loss
        steps += 1
    }

    /// What is to be reported; a new stretch begins.
    mutating func finish(after done: Int, of all: Int, batch: Int) -> PretrainingProgress {
        defer { self = Stretch() }
        let seconds = (ContinuousClock.now - start) / .seconds(1) / Double(steps)
        return .trained(
            steps: done, of: all, loss: losses / Double(steps), imagesPerSecond: Double(batch) / seconds,
            secondsLeft: seconds * Double(all - done))
    }
}
