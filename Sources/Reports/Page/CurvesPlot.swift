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
