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
