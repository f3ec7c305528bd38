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
    private let pool: ThreadPool
    /// What tiles have given for each sample of a batch, by task; nil where a pass has the answers.
    private var stored: [[String: StoredPrediction]]?
    let team: RankTeam

    /// Pictures stand no larger on a sheet, so that a sheet of large ones can be held and looked at.
    private static let sheetSide = 1024

    /// Shares `parameters` and the prepared filters with training.
    ///
    /// - Parameters:
    ///   - network: planned for pictures of any size.
    ///   - batch: how many pictures all ranks together evaluate at once at most, which changes no figure. Large ones are
    ///     fewer, and where pictures have several sizes each rank takes one.
    ///   - least: how many a rank should evaluate at once in any case.
    ///   - limit: bytes that a pass may take on this rank; a picture that needs more goes in tiles.
    /// - Throws: `UsageError` where a picture needs more even so.
    package init(
        network: MultiTaskNetwork, parameters: NetworkParameters, data: TrainingData, batch: Int, least: Int = 1,
        workers: Int, kernels: Kernels, pool: ThreadPool, bank: PreparedBank? = nil, limit: Int, team: RankTeam
    ) throws {
        heads = network.heads
        self.data = data
        self.workers = workers
        self.team = team
        self.pool = pool
        let evaluated = EvaluatedNetwork(
            graphs: network.graphs, parameters: parameters, kernels: kernels, threads: pool.threads,
            bank: bank ?? PreparedBank(storage: parameters.bank, kernels: kernels, pool: pool))
        // What goes in tiles may round otherwise, so it is the same on all ranks.
        let limit = try team.gather(limit).min()!
        let largest = data.frames.largest
        self.batch = evaluated.samples(
            EvaluationPasses.samples(
                batch: batch, of: data.validation.count, in: data.frames, least: least, ranks: team.size),
            of: largest, limit: limit)
        // Before anything is trained for it.
        let needed = evaluated.byteCount(of: largest, samples: self.batch, limit: limit)
        guard needed <= limit else {
            throw UsageError(
                "validation pictures of \(largest.height) x \(largest.width) pixels need \(needed >> 20) MiB of memory in "
                    + "the smallest tiles, and \(limit >> 20) may be taken: allow more with parallel.evaluation_bytes, scale "
                    + "them down, or take them off the list")
        }
        passes = try EvaluationPasses(
            evaluated, first: data.frames[0], samples: self.batch, limit: limit, pool: pool, team: team)
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
                    answer(head, sample).add(
                        to: &scores[place], label: Self.label(samples, head.task, sample),
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

    /// Runs the network on samples and shows each batch while its answers last.
    ///
    /// - Throws: `PredictionError` where one of them is not finite.
    func evaluate(_ samples: Range<Int>, _ body: (borrowing Batch) throws -> Void) throws {
        try forEachBatch(of: samples) { samples in
            let size = PixelSize(height: samples.height, width: samples.width)
            if let pass = try passes.pass(of: size) {
                stored = nil
                pass.input.update(from: samples.images, count: pass.inputCount / batch * samples.count)
                pass.run()
                try checkOutputs(samples)
            } else {
                stored = try tiledAnswers(samples, of: size)
            }
            try body(samples)
        }
    }

    /// What follows from answers that are not finite is worth nothing.
    private func checkOutputs(_ samples: borrowing Batch) throws(PredictionError) {
        for sample in 0..<samples.count {
            for head in heads {
                let map = output(head, sample)
                let values = UnsafeBufferPointer(start: map.base, count: map.height * map.width * map.channels)
                try check(values, of: head, samples.samples[sample].identifier, width: map.width)
            }
        }
    }

    private func check(
        _ values: UnsafeBufferPointer<Float>, of head: TaskHead, _ identifier: String, firstRow: Int = 0, width: Int
    ) throws(PredictionError) {
        let error = PredictionError(
            of: head.name, for: identifier, in: values, firstRow: firstRow, width: width, channels: head.channels)
        if let error { throw error }
    }

    /// Evaluates a batch in tiles, one sample after the other.
    private func tiledAnswers(
        _ samples: borrowing Batch, of size: PixelSize
    ) throws -> [[String: StoredPrediction]] {
        let images = samples.images
        let tiles = heads.map { passes.tiles(of: size, $0.name) }
        var answers: [[String: StoredPrediction]] = []
        for sample in 0..<samples.count {
            let image = images + sample * size.height * size.width * 3
            let identifier = samples.samples[sample].identifier
            var own: [String: StoredPrediction] = [:]
            for (head, tiles) in zip(heads, tiles) {
                var answer = CompactAnswer(head, size)
                _ = try tiles.run(on: pool) { region, target in
                    for (place, row) in region.rows.enumerated() {
                        (target + place * region.width * 3).update(
                            from: image + (row * size.width + region.columns.lowerBound) * 3, count: region.width * 3)
                    }
                } body: { row, rows in
                    let count = rows.height * rows.width * rows.channels
                    try check(
                        UnsafeBufferPointer(start: rows.data, count: count), of: head, identifier, firstRow: row,
                        width: rows.width)
                    answer.add(rows: rows.data, count: rows.height)
                }
                own[head.name] = answer.prediction
            }
            answers.append(own)
        }
        return answers
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

    /// What the network says of a sample of the batch.
    func answer(_ head: TaskHead, _ sample: Int) -> SampleAnswer {
        guard let stored else { return .output(output(head, sample)) }
        return .stored(stored[sample][head.name]!)
    }

    private func output(_ head: TaskHead, _ sample: Int) -> MapView {
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
                    cell(answer(head, sample).picture(of: head.task, range: range))
                ))
        }
        sheet.add(image: cell(image), answers: answers)
    }
}
