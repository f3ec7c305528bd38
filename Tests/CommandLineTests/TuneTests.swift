import Foundation
import ProgramTesting
import Testing

/// What `--tune` does for a person, on one rank and on several.
@Suite(.serialized) struct TuneTests {
    private struct Place {
        let folder: URL
        let configuration: String

        var cache: [String: String] { ["MODULOR_CACHE": folder.appendingPathComponent("cache").path] }
        var caches: URL { folder.appendingPathComponent("cache/modulor") }

        func run(_ arguments: [String], ranks: Int = 1) throws -> Program.Outcome {
            ranks == 1
                ? try Program.run(arguments, environment: cache)
                : try Program.run(ranks: ranks, arguments, environment: cache)
        }

        func train(_ run: String, _ more: [String], ranks: Int = 1) throws -> Program.Outcome {
            let output = folder.appendingPathComponent(run).path
            return try self.run(["train", configuration, "--output", output] + more, ranks: ranks)
        }

        /// Makes the cache say that 2×2 tiles are the fastest for all.
        func forge() throws {
            for name in try FileManager.default.contentsOfDirectory(atPath: caches.path) where name.hasSuffix(".json") {
                let path = caches.appendingPathComponent(name)
                let slow = try String(contentsOf: path, encoding: .utf8).replacing(#/" : [0-9.e-]+/#, with: "\" : 7")
                try slow.replacing("\"winograd 2×2\" : 7", with: "\"winograd 2×2\" : 0.5")
                    .write(to: path, atomically: true, encoding: .utf8)
            }
        }

        func files(_ run: String) throws -> [String: Data] {
            var files: [String: Data] = [:]
            for part in ["model", "model/tasks", "checkpoints/00000004"] {
                let path = folder.appendingPathComponent("\(run)/\(part)")
                for name in try FileManager.default.contentsOfDirectory(atPath: path.path) where name.contains(".") {
                    files["\(part)/\(name)"] = try Data(contentsOf: path.appendingPathComponent(name))
                }
            }
            return files
        }
    }

    private func withPlace(_ body: (Place) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("run.yaml").path
            try """
            model: {width: 4, method: rcm, aspp: 8, low: 4}
            tasks: {semseg: {weight: 1}, normals: {weight: 10}}
            data: {crop: [41, 48], workers: 1, rooms: {train: 8, validation: 2, size: [40, 48]}}
            training: {iterations: 4, batch: 4, checkpoint_every: 2, learning_rate: 0.01}
            parallel: {threads: 1}
            """.write(toFile: path, atomically: true, encoding: .utf8)
            try body(Place(folder: folder, configuration: path))
        }
    }

    private func object(_ outcome: Program.Outcome) throws -> [String: Any] {
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test func plansAndBenchmarksFollowWhatWasMeasured() throws {
        try withPlace { place in
            func algorithms(_ object: [String: Any]) throws -> Set<String> {
                let rows = try #require(object["rows"] as? [[String: Any]])
                return Set(rows.flatMap { $0["algorithms"] as? [String] ?? [$0["algorithm"] as? String ?? ""] })
            }
            let plan = ["plan", place.configuration, "--json"]
            #expect(try object(place.run(plan))["convolution"] as? String == "predicted")
            #expect(!FileManager.default.fileExists(atPath: place.caches.path))
            let tuned = try place.run(plan + ["--tune"])
            #expect(try object(tuned)["convolution"] as? String == "measured")
            #expect(tuned.errors.contains(#/convolutions tuned in .* s: [1-9]\d* passes measured, 0 known/#))
            try place.forge()
            let forged = try place.run(plan + ["--tune"])
            #expect(forged.errors.contains(#/0 passes measured, [1-9]\d* known/#), "\(forged.errors)")
            #expect(
                forged.errors.contains("backward to filter, 2 layers: winograd 2×2, 0.5 ms, not"), "\(forged.errors)")
            #expect(try algorithms(object(forged)) == ["", "direct", "winograd 2×2"])
            let configured = ["--config", place.configuration, "--rounds", "1", "--tune", "--json"]
            let layers = try object(place.run(["bench", "convolution"] + configured))
            #expect(try algorithms(layers) == ["direct", "winograd 2×2"])
            #expect(layers["convolution"] as? String == "measured")
            let step = try place.run(["bench", "step"] + configured, ranks: 2)
            #expect(step.errors.components(separatedBy: "0 passes measured").count == 2, "\(step.errors)")
            #expect(try object(step)["ranks"] as? Int == 2)
        }
    }

    @Test func allRanksTakeTheFirstOnesTableAndKeepIt() throws {
        try withPlace { place in
            // What is forged is what the program itself has measured.
            #expect(try place.run(["plan", place.configuration, "--tune"]).status == 0)
            try place.forge()
            let alone = try place.train("alone", ["--tune"])
            #expect(alone.status == 0, "\(alone.errors)")
            let expected = try place.files("alone")
            let state = String(
                decoding: expected["checkpoints/00000004/state.safetensors"]!.prefix(4096), as: UTF8.self)
            #expect(state.contains("forward: winograd 2×2") && !state.contains(": winograd 4×4"))
            for ranks in 2...3 {
                let outcome = try place.train("\(ranks)", ["--tune"], ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
                let isSame = try place.files("\(ranks)") == expected
                #expect(isSame, "\(ranks) ranks")
            }
            let predicted = try place.train("predicted", [])
            #expect(try predicted.status == 0 && place.files("predicted") != expected)

            // What is left of a run on a machine that has never measured anything.
            try FileManager.default.removeItem(at: place.caches)
            let parts = place.folder.appendingPathComponent("2")
            try FileManager.default.removeItem(at: parts.appendingPathComponent("checkpoints/00000004"))
            try FileManager.default.removeItem(at: parts.appendingPathComponent("model/tasks"))
            let refused = try place.train("2", ["--resume", "--convolution", "direct"], ranks: 2)
            #expect(refused.status == 2 && refused.errors.contains("was begun with --convolution auto"))
            let resumed = try place.train("2", ["--resume"], ranks: 3)
            #expect(resumed.status == 0 && resumed.output.contains("resuming after step 2"), "\(resumed.errors)")
            let isSame = try place.files("2") == expected
            #expect(isSame)
            #expect(!FileManager.default.fileExists(atPath: place.caches.path))
        }
    }

    @Test func contradictionsAreBadRequests() throws {
        try withPlace { place in
            for options in [["--convolution", "direct"], ["--gemm", "openblas"]] {
                let outcome = try place.train("run", ["--tune"] + options)
                #expect(outcome.status == 2 && outcome.errors.contains("leave out --tune or \(options[0])"))
                #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            }
            #expect(!FileManager.default.fileExists(atPath: place.folder.appendingPathComponent("run").path))
        }
    }
}
