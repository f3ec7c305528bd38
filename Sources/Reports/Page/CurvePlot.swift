import Foundation

/// A plot over steps as inline SVG, in the colours of the page.
struct CurvePlot {
    let title: String
    let points: [RunHistory.Point]
    /// A number of the page's colours for tasks.
    let color: Int
    /// A value to compare with.
    var reference: (label: String, value: Double)?
    /// Whether single steps scatter so much that a smoothed curve is drawn over them.
    var isNoisy = false
    var format: (Double) -> String = Figure.short

    private static let (width, height) = (360.0, 190.0)
    private static let (left, right, top, bottom) = (46.0, 14.0, 14.0, 24.0)

    var html: String {
        guard let last = points.last else { return "" }
        let shown = isNoisy ? Self.smoothed(points) : points
        let value = shown.last?.value ?? last.value
        return """
            <figure class="plot t\(color)"><figcaption><span>\(escaped(title))</span>\
            <b>\(escaped(format(value)))</b></figcaption>\(svg(shown))</figure>
            """
    }

    private func svg(_ shown: [RunHistory.Point]) -> String {
        let raw = Self.thinned(points)
        let curve = Self.thinned(shown)
        var values = (isNoisy ? Self.withoutOutliers(raw) : raw.map(\.value)) + curve.map(\.value)
        if let reference { values.append(reference.value) }
        let scale = Scale(values.filter(\.isFinite))
        let steps = (points.first!.step, max(points.last!.step, points.first!.step + 1))
        func x(_ step: Int) -> Double {
            Self.left + Double(step - steps.0) / Double(steps.1 - steps.0) * (Self.width - Self.left - Self.right)
        }
        func y(_ value: Double) -> Double {
            let share = min(max((value - scale.low) / (scale.high - scale.low), 0), 1)
            return Self.height - Self.bottom - share * (Self.height - Self.top - Self.bottom)
        }
        func path(_ points: [RunHistory.Point]) -> String {
            points.filter(\.value.isFinite).enumerated().map { index, point in
                "\(index == 0 ? "M" : "L")\(Self.place(x(point.step))) \(Self.place(y(point.value)))"
            }.joined()
        }
        var parts: [String] = []
        let right = Self.width - Self.right
        func write(_ text: String, x: Double, y: Double, atEnd: Bool = true) {
            let anchor = atEnd ? " text-anchor=\"end\"" : ""
            parts.append("<text x=\"\(Self.place(x))\" y=\"\(Self.place(y))\"\(anchor)>\(escaped(text))</text>")
        }
        func rule(_ style: String, _ y: Double) {
            parts.append(
                "<path class=\"\(style)\" d=\"M\(Self.place(Self.left)) \(Self.place(y))H\(Self.place(right))\"/>")
        }
        for tick in scale.ticks {
            rule("grid", y(tick))
            write(Figure.short(tick), x: Self.left - 6, y: y(tick) + 4)
        }
        write("step \(steps.0)", x: Self.left, y: Self.height - 6, atEnd: false)
        write("\(steps.1)", x: right, y: Self.height - 6)
        if let reference {
            let line = y(reference.value)
            rule("reference", line)
            write(reference.label, x: right, y: line + (line > Self.top + 12 ? -5 : 13))
        }
        if isNoisy { parts.append("<path class=\"raw\" d=\"\(path(raw))\"/>") }
        parts.append("<path class=\"curve\" d=\"\(path(curve))\"/>")
        if curve.count < 40 {
            parts += curve.filter(\.value.isFinite).map {
                "<circle cx=\"\(Self.place(x($0.step)))\" cy=\"\(Self.place(y($0.value)))\" r=\"3\"/>"
            }
        }
        return """
            <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" \
            aria-label="\(escaped(title)) over steps">\(parts.joined())</svg>
            """
    }

    private static func place(_ coordinate: Double) -> String { String(format: "%.1f", coordinate) }

    /// Running means that forget with a time constant of a fiftieth of the run.
    private static func smoothed(_ points: [RunHistory.Point]) -> [RunHistory.Point] {
        let share = 1 / max(Double(points.count) / 50, 1)
        var mean = 0.0
        return points.enumerated().map { index, point in
            mean += (point.value - mean) * max(share, 1 / Double(index + 1))
            return RunHistory.Point(step: point.step, value: mean)
        }
    }

    /// At most a few hundred points, each the mean of as many.
    private static func thinned(_ points: [RunHistory.Point]) -> [RunHistory.Point] {
        let group = (points.count + 299) / 300
        guard group > 1 else { return points }
        return stride(from: 0, to: points.count, by: group).map { start in
            let part = points[start..<min(start + group, points.count)]
            return RunHistory.Point(
                step: part[part.endIndex - 1].step, value: part.reduce(0) { $0 + $1.value } / Double(part.count))
        }
    }

    /// The values without the largest fiftieth: the first steps' losses would flatten all that follows.
    private static func withoutOutliers(_ points: [RunHistory.Point]) -> [Double] {
        let sorted = points.map(\.value).filter(\.isFinite).sorted()
        return Array(sorted.prefix(sorted.count - sorted.count / 50))
    }
}

/// A range of values with round numbers in it.
private struct Scale {
    let low: Double
    let high: Double
    let ticks: [Double]

    init(_ values: [Double]) {
        var (low, high) = (values.min() ?? 0, values.max() ?? 1)
        if high - low <= 1e-12 * max(abs(low), abs(high)) || high == low {
            let half = max(abs(high), 1e-3) / 2
            (low, high) = (low - half, high + half)
        }
        let rough = (high - low) / 3
        let power = pow(10, floor(log10(rough)))
        let step = [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
        let first = (low / step).rounded(.up), last = (high / step).rounded(.down)
        ticks = first <= last ? stride(from: first, through: last, by: 1).map { $0 * step } : []
        let margin = (high - low) * 0.04
        (self.low, self.high) = (low - margin, high + margin)
    }
}
