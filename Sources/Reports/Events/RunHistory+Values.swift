import Foundation
import Tasks
import Training

extension RunHistory {
    /// Takes in one value of an event.
    mutating func take(_ value: TensorBoardSummary.Value, step: Int) {
        guard let tag = RunTag(value.tag) else { return }
        let point = Point(step: step, value: Double(value.simpleValue))
        switch tag {
        case .session: takeSession(Self.text(value))
        case .times: times = (try? JSONDecoder().decode([RankTimes].self, from: Self.text(value))) ?? times
        case .course: course = (try? JSONDecoder().decode(ValidationCourse.self, from: Self.text(value))) ?? course
        case .loss(let name):
            self.step = max(self.step, step)
            change(name) { $0.losses.append(point) }
        case .speed(.learningRate): learningRate.append(point)
        case .speed(.imagesPerSecond): imagesPerSecond.append(point)
        case .speed(.communicationShare): communicationShare.append(point)
        case .speed(.waitingShare): waitingShare.append(point)
        case .validation(let name, let metric, let unit):
            // A run that goes on from a step may validate it once more, with the same figures.
            change(name, figure(metric, unit, of: name)) {
                if $0.points.last?.step == step { $0.points.removeLast() }
                $0.points.append(point)
            }
        case .constant(let name, let metric, let unit):
            change(name, figure(metric, unit, of: name)) { $0.constant = point.value }
        case .score(let name, let sample, let metric, let unit):
            let figure = figure(metric, unit, of: name)
            change(name, sample, step: step) { $0.score = (figure, point.value) }
        case .image(let sample): images[sample] = value.image.encodedImageString
        case .truth(let name, let sample):
            change(name, sample, step: step) { $0.truth = value.image.encodedImageString }
        case .prediction(let name, let sample):
            change(name, sample, step: step) { $0.prediction = value.image.encodedImageString }
        case .parts(let name):
            guard let figures = try? JSONDecoder().decode(PartFigures.self, from: Self.text(value)) else { return }
            change(name) { $0.parts = (step, figures) }
        case .weights, .gradients, .configuration: break
        }
    }

    private mutating func takeSession(_ text: Data) {
        guard let facts = try? JSONDecoder().decode(SessionFacts.self, from: text) else { return }
        sessions.append(facts)
        for parameters in facts.tasks { change(parameters.task) { _ in } }
    }

    private mutating func change(_ name: String, _ body: (inout Task) -> Void) {
        let place = tasks.firstIndex { $0.name == name } ?? tasks.count
        if place == tasks.count { tasks.append(Task(name: name)) }
        body(&tasks[place])
    }

    /// The figure of a tag, of which the session says which way is better.
    private func figure(_ name: String, _ unit: MetricUnit, of task: String) -> MetricFigure {
        sessions.last?.figures?[task]?.first { $0.name == name && $0.unit == unit }
            ?? MetricFigure(name: name, unit: unit)
    }

    private mutating func change(_ name: String, _ figure: MetricFigure, _ body: (inout Metric) -> Void) {
        change(name) { task in
            let place = task.metrics.firstIndex { $0.figure.name == figure.name } ?? task.metrics.count
            if place == task.metrics.count { task.metrics.append(Metric(figure: figure)) }
            body(&task.metrics[place])
        }
    }

    private mutating func change(
        _ name: String, _ sample: String, step: Int, _ body: (inout PicturedAnswer) -> Void
    ) {
        change(name) { task in
            let place = task.samples.firstIndex { $0.sample == sample } ?? task.samples.count
            if place == task.samples.count { task.samples.append(PicturedAnswer(sample: sample)) }
            task.samples[place].step = step
            body(&task.samples[place])
        }
    }

    /// The bytes of a text, without the indentation that shows it as it is.
    private static func text(_ value: TensorBoardSummary.Value) -> Data {
        let text = String(decoding: value.tensor.stringVal.first ?? Data(), as: UTF8.self)
        return Data(text.split(separator: "\n").map { $0.dropFirst(4) }.joined(separator: "\n").utf8)
    }
}
