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
