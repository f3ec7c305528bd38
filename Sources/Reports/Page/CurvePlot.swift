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
        let steps = (points.first!.step, max(points.last!.step, points.first!.step + 1))
        let frame = PlotFrame(
            width: 360, height: 190, margins: (46, 14, 14, 24), horizontal: Double(steps.0)...Double(steps.1),
            vertical: PlotScale(values.filter(\.isFinite)))
        func places(_ points: [RunHistory.Point]) -> [(x: Double, y: Double)] {
            points.map { (Double($0.step), $0.value) }
        }
        var parts = frame.grid
        parts.append(PlotFrame.text("step \(steps.0)", x: frame.left, y: frame.height - 6))
        parts.append(PlotFrame.text("\(steps.1)", x: frame.right, y: frame.height - 6, anchor: .end))
        if let reference {
            let line = frame.y(reference.value)
            parts.append(frame.rule("reference", line))
            parts.append(
                PlotFrame.text(
                    reference.label, x: frame.right, y: line + (line > frame.top + 12 ? -5 : 13), anchor: .end))
        }
        if isNoisy { parts.append(frame.curve(places(raw), style: "raw")) }
        parts.append(frame.curve(places(curve), style: "curve"))
        if curve.count < 40 { parts += places(curve).filter(\.y.isFinite).map { frame.circle($0) } }
        return """
            <svg viewBox="0 0 \(Int(frame.width)) \(Int(frame.height))" role="img" \
            aria-label="\(escaped(title)) over steps">\(parts.joined())</svg>
            """
    }

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
