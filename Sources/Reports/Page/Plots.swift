import Foundation

/// Where values lie in the rectangle of a plot, and the SVG elements that all plots are drawn of.
struct PlotFrame {
    let width: Double
    let height: Double
    /// The margins around the rectangle.
    let margins: (left: Double, right: Double, top: Double, bottom: Double)
    let horizontal: ClosedRange<Double>
    let vertical: PlotScale

    var left: Double { margins.left }
    var right: Double { width - margins.right }
    var top: Double { margins.top }
    var bottom: Double { height - margins.bottom }

    func x(_ value: Double) -> Double {
        let extent = horizontal.upperBound - horizontal.lowerBound
        return left + (value - horizontal.lowerBound) / extent * (right - left)
    }

    /// Values outside of the scale lie at its edge.
    func y(_ value: Double) -> Double {
        let share = min(max((value - vertical.low) / (vertical.high - vertical.low), 0), 1)
        return bottom - share * (bottom - top)
    }

    /// A curve through the points that are numbers.
    func curve(_ points: [(x: Double, y: Double)], style: String, isBroken: Bool = false) -> String {
        let path = points.filter(\.y.isFinite).enumerated().map { index, point in
            "\(index == 0 ? "M" : "L")\(Self.place(x(point.x))) \(Self.place(y(point.y)))"
        }.joined()
        return Self.path(path, style: style, isBroken: isBroken)
    }

    /// A line with gaps where it is broken.
    static func path(_ path: String, style: String, isBroken: Bool) -> String {
        let gaps = isBroken ? " stroke-dasharray=\"4 4\"" : ""
        return "<path class=\"\(style)\"\(gaps) d=\"\(path)\"/>"
    }

    func circle(_ point: (x: Double, y: Double), style: String? = nil) -> String {
        let kind = style.map { " class=\"\($0)\"" } ?? ""
        return "<circle\(kind) cx=\"\(Self.place(x(point.x)))\" cy=\"\(Self.place(y(point.y)))\" r=\"3\"/>"
    }

    /// A line from the left to the right edge, at a height in pixels.
    func rule(_ style: String, _ y: Double) -> String {
        "<path class=\"\(style)\" d=\"M\(Self.place(left)) \(Self.place(y))H\(Self.place(right))\"/>"
    }

    /// Lines at the vertical scale's round numbers, and these beside them.
    var grid: [String] {
        vertical.ticks.flatMap { tick in
            [rule("grid", y(tick)), Self.text(Figure.short(tick), x: left - 6, y: y(tick) + 4, anchor: .end)]
        }
    }

    enum Anchor: String {
        case start, middle, end
    }

    /// Text at a place in pixels.
    static func text(_ text: String, x: Double, y: Double, anchor: Anchor = .start) -> String {
        let kind = anchor == .start ? "" : " text-anchor=\"\(anchor)\""
        return "<text x=\"\(place(x))\" y=\"\(place(y))\"\(kind)>\(escaped(text))</text>"
    }

    static func place(_ coordinate: Double) -> String { String(format: "%.1f", coordinate) }
}

/// A range of values with round numbers in it.
struct PlotScale {
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

/// A bar for each of several numbers, with what they stray by, as a file.
struct BarsPlot {
    struct Bar {
        let name: String
        /// From 0 to 6.
        let color: Int
        let value: Double
        /// Nil where it is not known.
        let deviation: Double?
        let text: String
    }

    let title: String
    let bars: [Bar]

    var svg: String {
        let height = 52 + Double(bars.count) * 30
        let (left, right) = (150.0, StandalonePlot.width - 110)
        let ends = bars.map { $0.value - ($0.deviation ?? 0) } + bars.map { $0.value + ($0.deviation ?? 0) } + [0]
        let scale = PlotScale(ends.filter(\.isFinite))
        func x(_ value: Double) -> Double { left + (value - scale.low) / (scale.high - scale.low) * (right - left) }
        let zero = PlotFrame.place(x(0))
        var parts = ["<path class=\"axis\" d=\"M\(zero) 38V\(PlotFrame.place(height - 8))\"/>"]
        for (place, bar) in bars.enumerated() where bar.value.isFinite {
            let top = 42 + Double(place) * 30
            let (start, end) = (min(x(0), x(bar.value)), max(x(0), x(bar.value)))
            parts.append(PlotFrame.text(bar.name, x: left - 12, y: top + 15, anchor: .end))
            parts.append(
                "<rect class=\"f\(bar.color)\" x=\"\(PlotFrame.place(start))\" y=\"\(PlotFrame.place(top))\" "
                    + "width=\"\(PlotFrame.place(end - start))\" height=\"20\"/>")
            if let deviation = bar.deviation {
                let (low, high) = (x(bar.value - deviation), x(bar.value + deviation))
                let (middle, caps) = (PlotFrame.place(top + 10), PlotFrame.place(top + 6))
                parts.append(
                    "<path class=\"whisker\" d=\"M\(PlotFrame.place(low)) \(middle)H\(PlotFrame.place(high))"
                        + "M\(PlotFrame.place(low)) \(caps)v8M\(PlotFrame.place(high)) \(caps)v8\"/>")
            }
            parts.append(PlotFrame.text(bar.text, x: right + 8, y: top + 15))
        }
        return StandalonePlot(title: title, height: height, parts: parts).svg
    }
}

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

/// Several curves over one axis, as a file.
struct CurvesPlot {
    struct Curve {
        let name: String
        /// From 0 to 6.
        let color: Int
        let points: [(x: Double, y: Double)]
        /// What another curve is compared with.
        var isBroken = false
    }

    let title: String
    let axis: String
    /// Those without points are left out.
    let curves: [Curve]
    /// Values that the vertical axis reaches in any case.
    var including: [Double] = []

    var svg: String {
        let curves = curves.filter { !$0.points.isEmpty }
        let places = curves.flatMap(\.points).map(\.x)
        let (first, last) = (places.min() ?? 0, places.max() ?? 1)
        let frame = PlotFrame(
            width: StandalonePlot.width, height: 340, margins: (52, 150, 40, 34),
            horizontal: first...max(last, first + 1),
            vertical: PlotScale(curves.flatMap(\.points).map(\.y).filter(\.isFinite) + including))
        var parts = frame.grid
        parts.append(PlotFrame.text(Figure.short(first), x: frame.left, y: frame.bottom + 18, anchor: .middle))
        parts.append(
            PlotFrame.text(axis, x: (frame.left + frame.right) / 2, y: frame.bottom + 18, anchor: .middle))
        parts.append(PlotFrame.text(Figure.short(last), x: frame.right, y: frame.bottom + 18, anchor: .middle))
        for (place, curve) in curves.enumerated() {
            parts.append(frame.curve(curve.points, style: "c\(curve.color)", isBroken: curve.isBroken))
            if curve.points.count < 40 {
                parts += curve.points.filter(\.y.isFinite).map { frame.circle($0, style: "f\(curve.color)") }
            }
            let line = frame.top + 10 + Double(place) * 22
            let start = "M\(PlotFrame.place(frame.right + 14)) \(PlotFrame.place(line))"
            parts.append(PlotFrame.path(start + "h18", style: "c\(curve.color)", isBroken: curve.isBroken))
            parts.append(PlotFrame.text(curve.name, x: frame.right + 38, y: line + 4))
        }
        return StandalonePlot(title: title, height: frame.height, parts: parts).svg
    }
}

/// A plot that is a file of its own, light or dark as the reader prefers.
struct StandalonePlot {
    let title: String
    let height: Double
    let parts: [String]

    static let width = 640.0

    var svg: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(height))" role="img" \
        aria-label="\(escaped(title))">
        <style>
        \(Self.style)
        </style>
        <rect class="paper" width="100%" height="100%"/>
        \(PlotFrame.text(title, x: 14, y: 22))
        \(parts.joined(separator: "\n"))
        </svg>

        """
    }

    /// The last two curves are broken, so that what they lie on is seen.
    private static let style = """
        :root{--paper:#fff;--ink:#1d1b18;--soft:#6d675e;--line:#e4dfd5;--c0:#6d675e;--c1:#c8432b;--c2:#b07d12;--c3:#2d7d46;
        --c4:#117f8c;--c5:#7a4aa8;--c6:#1f4fb5}
        @media(prefers-color-scheme:dark){:root{--paper:#1d1c18;--ink:#ece7dc;--soft:#a39c8e;--line:#34322b;--c0:#a39c8e;
        --c1:#ff8a70;--c2:#e5b54a;--c3:#6cc789;--c4:#5cc8d6;--c5:#c39bf0;--c6:#84a9ff}}
        .paper{fill:var(--paper)}
        text{font:12px system-ui,sans-serif;fill:var(--ink)}
        .grid{stroke:var(--line);fill:none}
        .axis{stroke:var(--soft);fill:none}
        .whisker{stroke:var(--ink);stroke-width:1.5;fill:none}
        \((0...6).map { ".c\($0){stroke:var(--c\($0));fill:none;stroke-width:2}.f\($0){fill:var(--c\($0))}" }
            .joined(separator: "\n"))
        .c5{stroke-dasharray:9 7}
        .c6{stroke-dasharray:3 6;stroke-width:2.5}
        """
}
