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
