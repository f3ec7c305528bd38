import Foundation
import Tasks

extension RunReport {
    /// For every task: samples from the worst to the best, each as image, truth and prediction.
    var pictures: String {
        let tasks = history.tasks.filter { !$0.samples.isEmpty }
        guard !tasks.isEmpty else { return "" }
        let parts = tasks.map { task in
            let samples = ordered(task)
            let figures = samples.enumerated().map { index, sample in
                let place =
                    samples.count < 3 || sample.score == nil
                    ? "" : index == 0 ? "worst" : index == samples.count - 1 ? "best" : ""
                return figure(task, sample, place: place)
            }
            let metric = samples.lazy.compactMap(\.score).first.map { MetricName.title($0.figure.name) }
            return """
                <h3>\(dotted(task.name)) <span class="note">\(escaped(metric ?? ""))</span></h3>
                \(legend(task))<div class="samples">\(figures.joined(separator: "\n"))</div>
                """
        }
        return """
            <section><h2>Pictures</h2><p class="note">Validation samples, the worst answered first: some that are always \
            shown\(history.state == .finished ? ", and the worst and best of all" : "").</p>
            \(parts.joined(separator: "\n"))</section>
            """
    }

    /// The colours of a task's classes, where their names were recorded.
    private func legend(_ task: RunHistory.Task) -> String {
        let names = history.sessions.last?.classNames?[task.name] ?? []
        let entries = names.enumerated().map { index, name in
            let color = Palette.color(ofClass: index)
            return
                "<span><i style=\"background:rgb(\(color.red) \(color.green) \(color.blue))\"></i>\(escaped(name))</span>"
        }
        return entries.isEmpty ? "" : "<div class=\"legend\">\(entries.joined())</div>"
    }

    private func ordered(_ task: RunHistory.Task) -> [RunHistory.PicturedAnswer] {
        // Only what was drawn in the newest validation: older pictures show an older network.
        let newest = task.samples.map(\.step).max()
        func error(_ sample: RunHistory.PicturedAnswer) -> Double {
            guard let score = sample.score else { return -.infinity }
            return score.figure.direction == .higher ? -score.value : score.value
        }
        return task.samples.filter { $0.step == newest }.sorted { error($0) > error($1) }
    }

    private func figure(_ task: RunHistory.Task, _ sample: RunHistory.PicturedAnswer, place: String) -> String {
        func inline(_ png: Data, _ what: String) -> String {
            cell("background-image:url(\(Self.url(png)))", png, what, sample.sample)
        }
        let image =
            history.images[sample.sample].map {
                cell("background-image:var(--i\(imageNumbers[sample.sample]!))", $0, "image", sample.sample)
            } ?? "<div></div>"
        let score = sample.score.map { escaped($0.figure.unit.text($0.value)) }
        let isSmall = Self.size(sample.truth).width < 200
        return """
            <figure class="sample t\(color(task.name))"><div class="strip\(isSmall ? " small" : "")">\(image)\
            \(inline(sample.truth, "truth"))\(inline(sample.prediction, "prediction"))</div>\
            <figcaption><span>\(place.isEmpty ? "" : "<b>\(place)</b> · ")\(escaped(sample.sample))</span>\
            <b>\(score ?? "")</b></figcaption></figure>
            """
    }

    private func cell(_ background: String, _ png: Data, _ what: String, _ sample: String) -> String {
        let (width, height) = Self.size(png)
        return """
            <div><i role="img" aria-label="\(escaped("\(what) of \(sample)"))" \
            style="\(background);aspect-ratio:\(width)/\(height)"></i><small>\(what)</small></div>
            """
    }

    /// Each image once, for all tasks that show it.
    var imageStyle: String {
        let images = imageNumbers.sorted { $0.value < $1.value }.map { sample, number in
            "--i\(number):url(\(Self.url(history.images[sample]!)))"
        }
        return ":root{\(images.joined(separator: ";"))}"
    }

    private var imageNumbers: [String: Int] {
        let shown = Set(history.tasks.flatMap { ordered($0).map(\.sample) }).filter { history.images[$0] != nil }
        return Dictionary(uniqueKeysWithValues: shown.sorted().enumerated().map { ($1, $0) })
    }

    private static func url(_ png: Data) -> String { "data:image/png;base64,\(png.base64EncodedString())" }

    /// The sides that a PNG file's header tells.
    private static func size(_ png: Data) -> (width: Int, height: Int) {
        guard png.count >= 24 else { return (1, 1) }
        func number(_ start: Int) -> Int {
            png.dropFirst(start).prefix(4).reduce(0) { $0 << 8 | Int($1) }
        }
        return (max(number(16), 1), max(number(20), 1))
    }
}
