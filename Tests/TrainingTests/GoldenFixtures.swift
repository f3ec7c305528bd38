import Foundation
import Training

/// The cases whose exact figures are known, smallest first where time matters.
enum GoldenFixtures {
    static let all = [
        "r18-conv-parts", "r18-full-semseg-128", "r18-joint-four", "r18-nff-semseg", "r18-parallel-sal",
        "r18-rcm-normals-depth-os8", "r18-series-edge", "r34-nff-edge-sal", "r50-nff-semseg",
    ]

    static func read(_ name: String) throws -> GoldenCase {
        let folder = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/golden")
        return try GoldenCase.read(folder.appendingPathComponent(name + ".json").path)
    }
}

extension Verdict {
    /// Its rows that do not pass, as sentences.
    var complaints: [String] {
        rows.filter { !$0.passes }.map { "\($0.group) \($0.measure): \($0.ours), allowed \($0.allowed)" }
    }
}
