import Checkpoints
import Configuration
import ConvolutionEngine
import Datasets
import Graph
import Networks
import TensorCore

/// Trains a classifier from scratch, so that a filter bank worth freezing exists.
///
/// The paper takes its bank from ImageNet (section 4.2); this one is made from pictures that are drawn, by the same
/// recipe: cross-entropy, gradient descent with momentum, a falling learning rate. Equal configurations give equal
/// bytes, whatever the number of threads.
package struct Pretraining {
    package let configuration: PretrainConfiguration
    private let training: RoomsClassification
    private let validation: RoomsClassification

    /// Bytes of drawn pictures that are kept, since drawing one takes longer than training on it.
    private static let cacheByteLimit = 1 << 30

    /// - Throws: `UsageError` where the configuration asks for what cannot be trained.
    package init(_ configuration: PretrainConfiguration) throws(UsageError) {
        self.configuration = configuration
        let data = configuration.data
        guard data.dataset == .rooms else {
            throw UsageError(
                "data.dataset: \(data.dataset.rawValue) has no classes to pretrain with; set it to rooms")
        }
        func rooms(first: Int, count: Int) -> RoomsClassification {
            RoomsClassification(
                seed: UInt64(data.rooms.seed), first: first, count: count, height: data.rooms.size.height,
                width: data.rooms.size.width)
        }
        training = rooms(first: 0, count: data.rooms.train)
        validation = rooms(first: data.rooms.train, count: data.rooms.validation)
        let graph = classifier(for: data.crop).graph
        let normalized = graph.nodes.filter {
            if case .batchNormalization = $0.operation { true } else { false }
        }.map { graph.shape(of: $0.output) }
        guard normalized.allSatisfy({ configuration.training.batch * $0.height * $0.width > 1 }) else {
            throw UsageError(
                "data.crop: one picture of \(data.crop.height) x \(data.crop.width) pixels leaves batch normalization "
                    + "one value per channel, whose variance says nothing; raise training.batch or data.crop")
        }
    }

    private func classifier(for size: PixelSize) -> Classifier {
        Classifier(
            backbone: configuration.model.backbone, width: configuration.model.width,
            classes: training.classNames.count, height: size.height, width: size.width)
    }

    /// Trains, and evaluates after the last step.
    ///
    /// - Parameter report: called every `output.log_every` steps, after the last one, and after every validation.
    /// - Throws: `PretrainingError` where training diverges; `PlanningError`; `WorkerThreadError`.
    package func run(
        kernels: Kernels, pool: ThreadPool, report: (PretrainingProgress) -> Void = { _ in }
    ) throws -> FilterBank {
        let settings = configuration.training
        let classifier = self.classifier(for: configuration.data.crop)
        let parameters = NetworkParameters([classifier.graph], training: true)
        for storage in parameters.storages {
            for entry in storage.layout.entries {
                storage.write(
                    Initialization.draw(entry.parameter, method: .conv, seed: settings.seed), to: entry,
                    in: storage.values)
            }
        }
        let step = try TrainingStep(
            graphs: [classifier.graph], parameters: parameters,
            heads: [TrainedHead(Classifier.output, loss: .crossEntropy, weight: 1)], samples: settings.batch,
            momentum: settings.momentum, weightDecay: settings.weightDecay, kernels: kernels, pool: pool)
        let examination = try ClassifierExamination(
            self.classifier(for: configuration.data.rooms.size), parameters: parameters, examples: validation,
            batchSize: settings.batch, workers: configuration.data.workers, kernels: kernels, pool: pool)
        let loader = try BatchLoader(
            source: CachedSampleSource(training, byteLimit: Self.cacheByteLimit), tasks: [],
            plan: .training(
                order: SampleOrder(count: training.count, batchSize: settings.batch, seed: UInt64(settings.seed)),
                augmentation: configuration.data.augmentation(seed: settings.seed)),
            workers: configuration.data.workers)
        var stretch = Stretch()
        for index in 0..<settings.iterations {
            try fill(step, from: loader)
            try step.run(
                rate: settings.learningRateSchedule.rate(settings.learningRate, step: index, steps: settings.iterations)
            )
            let (done, loss) = (index + 1, step.losses[0])
            guard loss.isFinite else { throw PretrainingError.nonFiniteLoss(loss, step: done) }
            stretch.add(loss)
            if done % configuration.output.logEvery == 0 || done == settings.iterations {
                report(stretch.finish(after: done, of: settings.iterations, batch: settings.batch))
            }
            if settings.validateEvery > 0, done % settings.validateEvery == 0, done < settings.iterations {
                report(.validated(steps: done, accuracy: try examination.accuracy()))
                stretch = Stretch()
            }
        }
        let bank = FilterBank(
            configuration: configuration, classes: training.classNames.count, parameters: parameters,
            accuracy: try examination.accuracy())
        if let name = bank.nonFiniteTensor { throw PretrainingError.nonFiniteTensor(name) }
        report(.validated(steps: settings.iterations, accuracy: bank.accuracy))
        return bank
    }

    private func fill(_ step: TrainingStep, from loader: BatchLoader) throws {
        guard let batch = try loader.next() else { preconditionFailure("training's batches never end") }
        step.input.update(from: batch.images, count: step.inputCount)
        let labels = step.labels(of: Classifier.output)
        for (place, sample) in batch.samples.enumerated() {
            labels[place] = Float(training.classIndex(at: sample.draw.index))
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
