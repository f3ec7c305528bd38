import Training

extension ScalingReport {
    /// Images per second over ranks as an SVG of its own: measured, and broken, as many ranks side by side.
    var plot: String {
        let curves = Mode.allCases.flatMap { mode -> [CurvesPlot.Curve] in
            let color = mode == .weak ? 4 : 1
            let trials = rows.filter { $0.mode == mode }.map(\.trial)
            return [
                CurvesPlot.Curve(
                    name: "\(mode.rawValue) scaling", color: color,
                    points: trials.map { (Double($0.ranks), $0.imagesPerSecond) }),
                CurvesPlot.Curve(
                    name: "side by side", color: color,
                    points: trials.map { (Double($0.ranks), $0.sideBySideImagesPerSecond) }, isBroken: true),
            ]
        }
        return CurvesPlot(title: "Images per second", axis: "ranks", curves: curves, including: [0]).svg
    }
}
