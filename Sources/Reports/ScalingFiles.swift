import Checkpoints
import Foundation
import Training

/// The files of a scaling benchmark: `scaling.json` and `scaling.svg` in a folder.
package struct ScalingFiles {
    private let folder: String

    package init(folder: String) {
        self.folder = folder
    }

    /// - Parameter json: the report as programs read it.
    package func write(_ report: ScalingReport, json: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try AtomicFile.write(to: folder + "/scaling.json") { try $0.write(json) }
        try AtomicFile.write(to: folder + "/scaling.svg") { try $0.write(report.plot) }
    }
}

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
