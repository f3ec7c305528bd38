import Datasets
import Foundation
import Tasks
import Training

/// Writes what a trainer tells into the run's folder, where TensorBoard, `modulor report` and `modulor watch` read it.
package final class EventRecorder {
    private let folder: String
    private let command: [String]
    private let complain: (String) -> Void
    private var file: EventFile?
    private var hasFailed = false
    private var partNames: [String: [String]] = [:]
    /// The step whose validation an earlier session has told of, and this one only does again.
    private var validatedBefore: Int?
    /// Whether an earlier session has told of the constant predictions, which the end of a run tells.
    private var knowsConstants = false

    /// - Parameters:
    ///   - folder: of the run, which the trainer makes before it starts.
    ///   - command: what was typed, the program first.
    ///   - complain: told once where the files cannot be written; training goes on without them.
    package init(folder: String, command: [String], complain: @escaping (String) -> Void) {
        self.folder = folder
        self.command = command
        self.complain = complain
    }

    package func observe(_ event: TrainingEvent) {
        guard !hasFailed else { return }
        do {
            try record(event)
        } catch {
            hasFailed = true
            complain("the course of this run is no longer recorded: \(error)")
        }
    }

    private func record(_ event: TrainingEvent) throws {
        switch event {
        case .started(let summary): try start(summary)
        case .stepped(let report): try write(step: report.step, Self.values(report))
        case .validated(let step, _) where step == validatedBefore: break
        case .judged(let step, _) where step == validatedBefore: break
        case .pictured(let step, _) where step == validatedBefore: break
        case .distributed(let step, _) where step == validatedBefore: break
        case .validated(let step, let scores):
            let values = scores.flatMap { score in
                score.results.map { result in
                    Self.value(.validation(task: score.task, metric: result.name, result.unit), result.value)
                }
            }
            let parts = scores.compactMap { PartFigures($0, names: partNames[$0.task] ?? []) }
            try write(step: step, values + parts.map { Self.text(.parts(task: $0.task), try Self.json($0)) })
        case .judged(let step, let course): try write(step: step, [Self.text(.course, try Self.json(course))])
        case .pictured(let step, let samples): try write(step: step, Self.values(samples))
        case .distributed(let step, let parameters):
            let values = parameters.flatMap { parameter in
                [Self.value(.weights(parameter: parameter.name), parameter.values)]
                    + (parameter.gradient.map { [Self.value(.gradients(parameter: parameter.name), $0)] } ?? [])
            }
            try write(step: step, values)
        case .timed(let step, let ranks): try write(step: step, [Self.text(.times, try Self.json(ranks))])
        case .savedCheckpoint(let step, let path):
            try log(step: step) {
                $0.status = .checkpoint
                $0.checkpointPath = path
            }
        case .noticed, .communicated: break
        case .finished(let step, let result):
            let values = result.tasks.flatMap { task in
                task.constants.map { Self.value(.constant(task: task.name, metric: $0.name, $0.unit), $0.value) }
            }
            if !(step == validatedBefore && knowsConstants) { try write(step: step, values) }
            try stop(step: step)
        case .stopped(let step): try stop(step: step)
        }
    }

    private func start(_ summary: TrainingSummary) throws {
        // A run that goes on from a checkpoint begins with the validation of its step.
        let known = (try? RunHistory(folder: folder).tasks.flatMap(\.metrics)) ?? []
        validatedBefore = known.contains { $0.points.contains { $0.step == summary.step } } ? summary.step : nil
        knowsConstants = known.contains { $0.constant != nil }
        file = try EventFile(in: folder, step: summary.step + 1)
        partNames = summary.partNames
        let facts = SessionFacts(summary, command: command, host: ProcessInfo.processInfo.hostName)
        let configuration = try String(
            contentsOfFile: RunFolder(reading: folder).configurationPath, encoding: .utf8)
        try write(
            step: summary.step + 1,
            [Self.text(.session, try Self.json(facts)), Self.text(.configuration, configuration)])
    }

    private func stop(step: Int) throws {
        try log(step: step) { $0.status = .stop }
        file = nil
    }

    private func write(step: Int, _ values: [TensorBoardSummary.Value]) throws {
        guard !values.isEmpty else { return }
        var event = TensorBoardEvent()
        event.step = Int64(step)
        event.summary.value = values
        try file?.write(event)
    }

    private func log(step: Int, _ fill: (inout TensorBoardSessionLog) -> Void) throws {
        var event = TensorBoardEvent()
        event.step = Int64(step)
        fill(&event.sessionLog)
        try file?.write(event)
    }

    private static func values(_ report: StepReport) -> [TensorBoardSummary.Value] {
        let speed: [(RunTag.Speed, Double)] = [
            (.learningRate, report.learningRate), (.imagesPerSecond, Double(report.images) / report.seconds),
            (.communicationShare, report.communicationSeconds / report.seconds),
            (.waitingShare, report.waitSeconds / report.seconds),
        ]
        return report.losses.map { value(.loss(task: $0.task), $0.value) }
            + speed.map { value(.speed($0.0), $0.1) }
    }

    private static func values(_ samples: [PicturedSample]) -> [TensorBoardSummary.Value] {
        var seen: Set<String> = []
        return samples.flatMap { sample in
            var values: [TensorBoardSummary.Value] = []
            if seen.insert(sample.sample).inserted {
                values.append(value(.image(sample: sample.sample), sample.image))
            }
            values.append(value(.truth(task: sample.task, sample: sample.sample), sample.truth))
            values.append(value(.prediction(task: sample.task, sample: sample.sample), sample.prediction))
            if let score = sample.score {
                let tag = RunTag.score(task: sample.task, sample: sample.sample, metric: score.name, score.unit)
                values.append(value(tag, score.value))
            }
            return values
        }
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func value(_ tag: RunTag, _ number: Double) -> TensorBoardSummary.Value {
        var value = TensorBoardSummary.Value()
        value.tag = tag.text
        value.simpleValue = Float(number)
        return value
    }

    private static func value(_ tag: RunTag, _ picture: Picture) -> TensorBoardSummary.Value {
        let file = PNGFile(height: picture.height, width: picture.width, pixels: .rgb(picture.rgb))
        var value = TensorBoardSummary.Value()
        value.tag = tag.text
        value.image.height = Int32(picture.height)
        value.image.width = Int32(picture.width)
        value.image.colorspace = 3
        value.image.encodedImageString = Data(file.encoded())
        return value
    }

    private static func value(_ tag: RunTag, _ histogram: Histogram) -> TensorBoardSummary.Value {
        var value = TensorBoardSummary.Value()
        value.tag = tag.text
        value.histo.min = histogram.smallest
        value.histo.max = histogram.largest
        value.histo.num = Double(histogram.count)
        value.histo.sum = histogram.sum
        value.histo.sumSquares = histogram.sumOfSquares
        value.histo.bucketLimit = histogram.limits
        value.histo.bucket = histogram.counts.map(Double.init)
        return value
    }

    /// A text as TensorBoard's plugin shows it: four spaces make Markdown leave lines as they are.
    private static func text(_ tag: RunTag, _ text: String) -> TensorBoardSummary.Value {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
        var value = TensorBoardSummary.Value()
        value.tag = tag.text
        value.metadata.pluginData.pluginName = "text"
        value.tensor.dtype = 7
        value.tensor.tensorShape.dim = [.with { $0.size = 1 }]
        value.tensor.stringVal = [Data(lines.joined(separator: "\n").utf8)]
        return value
    }
}
