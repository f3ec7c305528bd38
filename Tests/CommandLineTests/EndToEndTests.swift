import Foundation
import ProgramTesting
import Testing

/// The whole course of a model: pretrained, initialized with responses, trained, and given one task more.
@Suite struct EndToEndTests {
    private static let data = "{crop: [32, 32], workers: 1, rooms: {train: 12, validation: 4, size: [32, 32]}}"

    @Test func aTaskThatIsAddedLeavesNoTraceInTheOthers() throws {
        try withTemporaryFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            try "model: {width: 8}\ndata: \(Self.data)\ntraining: {iterations: 4, batch: 4, validate_every: 0}\n"
                .write(toFile: path("pretrain.yaml"), atomically: true, encoding: .utf8)
            try """
            model: {width: 8, aspp: 8, low: 4, bank: \(path("initialized/bank.safetensors"))}
            tasks: {semseg: {}, normals: {weight: 2}}
            data: \(Self.data)
            training: {iterations: 3, batch: 4, learning_rate: 0.01}
            """.write(toFile: path("train.yaml"), atomically: true, encoding: .utf8)

            _ = try Program.succeed("pretrain", path("pretrain.yaml"), "--output", path("pretrained"))
            _ = try Program.succeed(
                "initialize", path("initialized"), "--from", path("pretrained/bank.safetensors"), "--responses",
                path("train.yaml"), "--images", "8")
            _ = try Program.succeed("train", path("train.yaml"), "--output", path("run"))
            let model = path("run/model")
            _ = try Program.succeed("data", "rooms", "--index", "0..2", "--size", "40x56", "--output", path("pictures"))
            let pictures = try FileManager.default.contentsOfDirectory(atPath: path("pictures"))
                .filter { $0.hasSuffix("-image.png") }.map { path("pictures/\($0)") }
            #expect(pictures.count == 2)

            func answers(_ name: String) throws -> [String: Data] {
                let outcome = try Program.run(["predict", model] + pictures + ["--output", path(name)])
                try #require(outcome.status == 0, "\(outcome.errors)")
                return try contents(path(name)).filter { $0.key.hasSuffix(".npy") }
            }
            func figures() throws -> [[String: Any]] {
                let outcome = try Program.succeed(
                    "evaluate", model, path("train.yaml"), "--set", "tasks.depth={}", "--json")
                let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
                return try #require(object?["rows"] as? [[String: Any]])
            }
            let (files, maps, scores) = (try contents(model), try answers("before"), try figures())
            #expect(maps.count == 4)

            _ = try Program.succeed("add", "depth", "--to", model, path("train.yaml"), "--output", path("depth"))
            var (laterFiles, laterMaps, laterScores) = (try contents(model), try answers("after"), try figures())
            #expect(laterFiles.removeValue(forKey: "tasks/depth.safetensors") != nil)
            #expect(laterFiles == files)
            #expect(laterMaps.count == 6)
            laterMaps = laterMaps.filter { !$0.key.contains("-depth") }
            #expect(laterMaps == maps)
            #expect(laterScores.contains { $0["task"] as? String == "depth" && $0["value"] as? Double != nil })
            laterScores.removeAll { $0["task"] as? String == "depth" }
            #expect(laterScores as NSArray == scores as NSArray)
            #expect(try contents(path("initialized"))["bank.safetensors"] == files["bank.safetensors"])
        }
    }

    /// All files in a folder and those in it.
    private func contents(_ folder: String) throws -> [String: Data] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder)
        // A folder has no contents.
        return Dictionary(
            uniqueKeysWithValues: paths.compactMap { path in
                FileManager.default.contents(atPath: "\(folder)/\(path)").map { (path, $0) }
            })
    }
}
