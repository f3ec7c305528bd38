import Foundation
import ProgramTesting
import Testing

@Suite struct BenchConvolutionTests {
    private func bench(_ arguments: [String]) throws -> Program.Outcome {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("small.yaml")
            try """
            model: {backbone: resnet18, width: 8, method: rcm, aspp: 16, low: 8}
            tasks: {semseg: {weight: 1}}
            data: {dataset: rooms, crop: [48, 32]}
            training: {batch: 2}
            """.write(to: path, atomically: true, encoding: .utf8)
            return try Program.run(["bench", "convolution", "--config", path.path, "--rounds", "1"] + arguments)
        }
    }

    @Test func everyLayerHasItsPasses() throws {
        let outcome = try bench(["--json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        #expect(
            Set(object.keys) == ["peak_gflop_per_second", "threads", "isa", "batch", "rounds", "convolution", "rows"])
        let rows = try #require(object["rows"] as? [[String: Any]])
        func passes(_ layer: String) -> [String] {
            rows.filter { $0["layer"] as? String == layer }.compactMap { $0["pass"] as? String }
        }
        // The first bank filter has neither a gradient nor anything before it that learns; others pass gradients on.
        #expect(passes("conv1.Ws") == ["forward"])
        #expect(passes("layer1.0.conv1.Ws") == ["forward", "backward to data"])
        #expect(passes("concat.semseg.0") == ["forward", "backward to data", "backward to filter"])
        #expect(rows.allSatisfy { ($0["seconds"] as? Double ?? 0) > 0 && $0["algorithm"] is String })
    }

    /// A bottleneck's filters of 1×1 are trained by their product with the modulator.
    @Test(arguments: ["auto", "direct"])
    func aProductIsOneLayer(choice: String) throws {
        let outcome = try bench(["--json", "--set", "model.backbone=resnet50", "--convolution", choice])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let rows = try #require(object["rows"] as? [[String: Any]])
        // Directly, only the shortcut of the same size learns its filter.
        let learning = rows.first {
            $0["layer"] as? String == "layer1.0.conv3.Ws" && $0["pass"] as? String == "backward to filter"
        }
        #expect(learning?["layers"] as? Int == (choice == "auto" ? 4 : 1))
        let modulator = rows.contains { $0["layer"] as? String == "layer1.0.conv3.Wt.semseg" }
        #expect(modulator == (choice == "direct"))
    }

    @Test func theTableIsForPeople() throws {
        let outcome = try bench(["--convolution", "direct"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        for words in ["OpenBLAS ms", "backward to filter", "direct"] { #expect(outcome.output.contains(words)) }
        #expect(!outcome.output.contains("winograd"))
    }
}
