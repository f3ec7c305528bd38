import Configuration
import Foundation

extension RunReport {
    /// What was trained, in short, and a card for every task.
    var header: String {
        let session = history.sessions.last
        let model = configuration.model
        let ranks = session.map { $0.ranks == 1 ? "one process" : "\($0.ranks) ranks" } ?? "?"
        let state: (String, String) =
            switch history.state {
            case .running: ("running", "running: step \(history.step)")
            case .finished: ("finished", "finished")
            case .stopped: ("stopped", "stopped after step \(history.step)")
            }
        let tasks = history.tasks.map(\.name)
        let text = """
            \(tasks.count == 1 ? "One task" : "\(tasks.count) tasks") on \(configuration.data.dataset.rawValue): \
            \(escaped(tasks.joined(separator: ", "))). \(model.backbone.rawValue) of width \(model.width), \
            \(model.method.rawValue)\(model.method == .rcm && model.normalizedFeatureFusion ? " with NFF" : ""), \
            \(configuration.training.iterations) steps of \(configuration.training.batch) images of \
            \(configuration.data.crop.height) × \(configuration.data.crop.width), by \(ranks) of \
            \(Figure.number(session?.threads ?? 0, "thread")) (\(escaped(session?.instructionSet ?? "?"))), \
            in \(Figure.duration(seconds)).
            """
        let course = history.course.map { "<p class=\"note\">Validations: \(escaped($0.text)).</p>" } ?? ""
        let notes = history.damages.map {
            "<p class=\"note\">Not read to its end: \(escaped($0)).</p>"
        }.joined()
        return """
            <header><div class="over">Modulor<span class="state \(state.0)">\(state.1)</span></div>
            <h1>\(escaped(name))</h1><p class="lead">\(text)</p>\(course)\(notes)
            <div class="cards">\(history.tasks.map(card).joined(separator: "\n"))</div></header>
            """
    }

    /// Between the first and the last event, pauses between sessions included.
    private var seconds: Double {
        guard let beginning = history.beginning, let end = history.end else { return 0 }
        return end.timeIntervalSince(beginning)
    }

    private func card(_ task: RunHistory.Task) -> String {
        guard let metric = task.metrics.first, let last = metric.points.last else {
            return """
                <div class="card t\(color(task.name))"><h3>\(escaped(task.name))</h3>
                <p class="note">not validated yet</p></div>
                """
        }
        var below = "<p class=\"note\">\(escaped(metric.title)) after step \(last.step)</p>"
        if let comparison = metric.comparison {
            let share = min(max(comparison.progress, 0), 1) * 100
            below = """
                <div class="way"><i style="width:\(String(format: "%.1f", share))%"></i></div>\
                <div class="note">\(escaped(metric.title)), \(Figure.percent(comparison.progress)) of the way from the \
                best constant prediction (\(escaped(metric.unit.text(comparison.constant.value)))) to perfect</div>
                """
        }
        return """
            <div class="card t\(color(task.name))"><h3>\(escaped(task.name))</h3>\
            <div class="big">\(escaped(metric.unit.text(last.value)))</div>\(below)</div>
            """
    }

    var curves: String {
        let losses = history.tasks.map {
            CurvePlot(title: "loss of \($0.name)", points: $0.losses, color: color($0.name), isNoisy: true)
        }
        let metrics = history.tasks.compactMap { task in
            task.metrics.first.map { metric in
                CurvePlot(
                    title: "\(task.name): \(metric.title)", points: metric.points, color: color(task.name),
                    reference: metric.constant.map { ("best constant", $0) }, format: metric.unit.text)
            }
        }
        var speed = [
            CurvePlot(title: "learning rate", points: history.learningRate, color: 4),
            CurvePlot(title: "images per second", points: history.imagesPerSecond, color: 5, isNoisy: true),
        ]
        if history.sessions.contains(where: { $0.ranks > 1 }) {
            speed.append(
                CurvePlot(
                    title: "share of time waiting for other ranks", points: history.communicationShare, color: 1,
                    isNoisy: true, format: Figure.percent))
        }
        let plots = (losses + metrics + speed).map(\.html).joined(separator: "\n")
        return """
            <section><h2>Curves</h2><p class="note">Over steps. Losses are weighted; pale lines are single steps, strong \
            ones are smoothed.</p><div class="plots">\(plots)</div></section>
            """
    }
}
