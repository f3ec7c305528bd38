import Collectives
import Configuration
import ConvolutionEngine
import Datasets
import Graph
import Networks
import Tasks
import TensorCore

/// Scores a network on samples, each seen once, whole.
package final class Validation {
    package let heads: [TaskHead]
    let data: TrainingData
    private let passes: EvaluationPasses
    private let batch: Int
    private let workers: Int
    let team: RankTeam

    /// Pictures stand no larger on a sheet, so that a sheet of large ones can be held and looked at.
    private static let sheetSide = 1024

    /// Shares `parameters` and the prepared filters with training.
    ///
    /// - Parameters:
    ///   - network: planned for the frame of the first validation picture.
    ///   - batch: how many pictures all ranks together evaluate at once at most, which changes no figure. Large ones are
    ///     fewer, and where pictures have several sizes each rank takes one.
    ///   - least: how many a rank should evaluate at once in any case.
    package init(
        network: MultiTaskNetwork, parameters: NetworkParameters, data: TrainingData, batch: Int, least: Int = 1,
        workers: Int, kernels: Kernels, pool: ThreadPool, bank: PreparedBank? = nil, team: RankTeam
    ) throws {
        heads = network.heads
        self.data = data
        let first = data.frames[0]
        self.batch = EvaluationPasses.samples(
            batch: batch, of: data.validation.count, in: data.frames, least: least, ranks: team.size)
        self.workers = workers
        self.team = team
        let bank = bank ?? PreparedBank(storage: parameters.bank, kernels: kernels, pool: pool)
        try Self.checkMemory(
            network.graphs, data: data, samples: self.batch, parameters: parameters, kernels: kernels,
            threads: pool.threads, bank: bank)
        passes = try EvaluationPasses(
            graphs: network.graphs, first: first, parameters: parameters, samples: self.batch, kernels: kernels,
            pool: pool, bank: bank, team: team)
    }

    /// Makes sure that the largest picture can be evaluated, before anything is trained for it.
    private static func checkMemory(
        _ graphs: [Graph], data: TrainingData, samples: Int, parameters: NetworkParameters, kernels: Kernels,
        threads: Int, bank: PreparedBank
    ) throws(UsageError) {
        let size = data.frames.largest
        let needed = EvaluationPasses.byteCount(
            graphs, of: size, samples: samples, parameters: parameters,
            kernels: kernels, threads: threads, bank: bank)
        let limit = ProcessMemory.limit
        guard needed > limit else { return }
        throw UsageError(
            "validation pictures of \(size.height) x \(size.width) pixels need \(needed >> 20) MiB of memory, and there are "
                + "\(limit >> 20); scale them down, or take them off the list")
    }

    /// The scores of all tasks over all samples; each rank evaluates its share of them.
    ///
    /// - Parameter inspect: called with every sample of this rank's share while its outputs last.
    package func run(inspect: (borrowing Batch, _ sample: Int) throws -> Void = { _, _ in }) throws -> [ValidationScore]
    {
        var scores = heads.map(emptyScore)
        try evaluate(Shards(samples: data.validation.count, ranks: team.size).ranges[team.rank]) { samples in
            for sample in 0..<samples.count {
                for (place, head) in heads.enumerated() {
                    scores[place].add(
                        output: output(head, sample), label: Self.label(samples, head.task, sample),
                        sample: samples.samples[sample].draw.index)
                }
                try inspect(samples, sample)
            }
        }
        for place in heads.indices { scores[place].tally = try scores[place].tally.total(over: team) }
        return zip(heads, scores).map { ValidationScore(task: $0.task, $1) }
    }

    /// The figures that `run` gives of every task, the primary one first.
    package var figures: [String: [MetricFigure]] {
        Dictionary(uniqueKeysWithValues: heads.map { ($0.name, emptyScore($0).metric.figures) })
    }

    /// Of every task, in the order of training, the figure that stands for it.
    var comparedFigures: [BestCriterion.Term] {
        heads.map { head in
            let figures = emptyScore(head).metric.figures
            return BestCriterion.Term(
                task: head.name, figure: RelativeImprovement.figure(of: head.task, in: figures, named: \.name)!)
        }
    }

    /// A sheet of so many samples from all over the list: image, truth and prediction of every task.
    package func pictures(_ count: Int) throws -> Picture {
        var sheet = ContactSheet(tasks: heads.map(\.task))
        for index in spread(count) {
            try evaluate(index..<index + 1) { samples in try add(index, samples, 0, to: &sheet) }
        }
        return sheet.picture()
    }

    /// At most `count` samples at equal distances, the first one among them: neighbours in a list are often alike.
    func spread(_ count: Int) -> [Int] {
        let count = min(count, data.validation.count)
        return (0..<count).map { $0 * data.validation.count / count }
    }

    /// The scores of the best constant predictions: fitted to the first `fitted` training samples, scored like a network.
    /// None of a task of which those samples have no known pixel: data may be labelled in part.
    package func constantScores(fittedTo fitted: Int = 256) throws -> [ValidationScore] {
        var fits = heads.map { ConstantFit(task: $0.task, classes: $0.channels) }
        for index in 0..<min(fitted, data.training.count) {
            let sample = try data.training.sample(at: index, tasks: heads.map(\.task))
            for (place, head) in heads.enumerated() {
                sample.labels[head.task]!.withView { fits[place].add(label: $0, sample: index) }
            }
        }
        let predictors = fits.map { $0.predictor() }
        var scores = heads.map(emptyScore)
        try forEachBatch(of: 0..<data.validation.count) { samples in
            for sample in 0..<samples.count {
                for (place, head) in heads.enumerated() {
                    predictors[place]?.add(
                        label: Self.label(samples, head.task, sample), sample: samples.samples[sample].draw.index,
                        to: &scores[place])
                }
            }
        }
        return zip(heads, scores).map { ValidationScore(task: $0.task, $1) }
    }

    private func emptyScore(_ head: TaskHead) -> TaskScore {
        TaskScore(task: head.task, classes: head.channels, hasBackground: data.training.hasBackground(head.task))
    }

    /// Runs the network on samples and shows each batch while its outputs last.
    ///
    /// - Throws: `PredictionError` where one of them is not finite.
    func evaluate(_ samples: Range<Int>, _ body: (borrowing Batch) throws -> Void) throws {
        try forEachBatch(of: samples) { samples in
            let pass = try passes.pass(of: PixelSize(height: samples.height, width: samples.width))
            pass.input.update(from: samples.images, count: pass.inputCount / batch * samples.count)
            pass.run()
            try checkOutputs(samples)
            try body(samples)
        }
    }

    /// What follows from answers that are not finite is worth nothing.
    private func checkOutputs(_ samples: borrowing Batch) throws(PredictionError) {
        for sample in 0..<samples.count {
            for head in heads {
                let map = output(head, sample)
                let values = UnsafeBufferPointer(start: map.base, count: map.height * map.width * map.channels)
                let error = PredictionError(
                    of: head.name, for: samples.samples[sample].identifier, in: values, width: map.width,
                    channels: map.channels)
                if let error { throw error }
            }
        }
    }

    private func forEachBatch(of samples: Range<Int>, _ body: (borrowing Batch) throws -> Void) throws {
        for run in data.frames.runs(of: samples) {
            let loader = try BatchLoader(
                source: data.validation, tasks: heads.map(\.task),
                plan: .evaluation(
                    samples: run.pictures, batchSize: batch, frameHeight: run.size.height, frameWidth: run.size.width),
                workers: workers)
            while let samples = try loader.next() { try body(samples) }
        }
    }

    func output(_ head: TaskHead, _ sample: Int) -> MapView {
        let view = passes.current.outputs.first { $0.name == head.name }!.value
        return MapView(
            base: UnsafePointer(view.data + sample * view.sampleStride), height: view.height, width: view.width,
            channels: view.channels)
    }

    static func label(_ batch: borrowing Batch, _ task: LearningTask, _ sample: Int) -> MapView {
        let channels = task.labelChannels
        return MapView(
            base: batch.labels(of: task) + sample * batch.height * batch.width * channels, height: batch.height,
            width: batch.width, channels: channels)
    }

    private func add(_ index: Int, _ batch: borrowing Batch, _ sample: Int, to sheet: inout ContactSheet) throws {
        let image = try data.validation.sample(at: index, tasks: []).image.withView { Picture(image: $0) }
        func cell(_ picture: Picture) -> Picture { picture.reduced(toFit: Self.sheetSide) }
        var answers: [(truth: Picture, prediction: Picture)] = []
        for head in heads {
            let truth = Self.label(batch, head.task, sample)
            let range = ValueRange(of: truth, task: head.task)
            answers.append(
                (
                    cell(Picture(label: truth, task: head.task, range: range)),
                    cell(Picture(output: output(head, sample), task: head.task, range: range))
                ))
        }
        sheet.add(image: cell(image), answers: answers)
    }
}
