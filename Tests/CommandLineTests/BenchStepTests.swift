import Foundation
import ProgramTesting
import Testing

@Suite struct BenchStepTests {
    /// A network that takes milliseconds.
    private static let configuration = """
        model: {backbone: resnet18, width: 8, method: rcm, aspp: 16, low: 8}
        tasks: {semseg: {weight: 1}, normals: {weight: 10}}
        data: {dataset: rooms, crop: [48, 32]}
        training: {batch: 3}
        """

    private func bench(_ arguments: [String], environment: [String: String] = [:]) throws -> Program.Outcome {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("small.yaml")
            try Data(Self.configuration.utf8).write(to: path)
            return try Program.run(
                ["bench", "step", "--config", path.path, "--rounds", "2"] + arguments, environment: environment)
        }
    }

    private func object(_ outcome: Program.Outcome) throws -> [String: Any] {
        // The whole output is one object: the parser accepts nothing before or behind it.
        try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test func jsonIsOneObjectWithTheDocumentedKeys() throws {
        let outcome = try bench(["--json", "--threads", "2"])
        #expect(outcome.status == 0)
        let object = try object(outcome)
        #expect(
            Set(object.keys) == [
                "seconds_per_step", "images_per_second", "flop_per_step", "gflop_per_second", "peak_gflop_per_second",
                "share_of_peak", "peak_resident_bytes", "arena_bytes", "threads", "ranks", "isa", "batch", "rounds",
            ])
        func number(_ key: String) throws -> Double { try #require(object[key] as? Double) }
        let seconds = try number("seconds_per_step")
        #expect(seconds > 0)
        #expect(try number("threads") == 2)
        #expect(try number("batch") == 3)
        #expect(try number("rounds") == 2)
        #expect(try abs(number("images_per_second") * seconds - 3) < 1e-9)
        let rate = try number("gflop_per_second")
        #expect(try abs(rate * seconds * 1e9 / number("flop_per_step") - 1) < 1e-9)
        #expect(try abs(number("share_of_peak") * number("peak_gflop_per_second") / rate - 1) < 1e-9)
        #expect(try number("peak_resident_bytes") > number("arena_bytes"))
    }

    @Test func aProfileHasARowForEveryPassAndAccountsForTheStep() throws {
        let object = try object(try bench(["--json", "--profile"]))
        let rows = try #require(object["rows"] as? [[String: Any]])
        let passes = Set(rows.compactMap { $0["pass"] as? String })
        #expect(passes == ["forward", "backward to data", "backward to filter", ""])
        #expect(
            rows.contains { $0["node"] as? String == "layer1.0.conv1.Ws" && $0["kind"] as? String == "convolution 3x3" }
        )
        #expect(rows.filter { $0["kind"] as? String == "losses and update" }.count == 1)
        let flop = rows.reduce(0) { $0 + ($1["flop"] as? Int ?? 0) }
        #expect(flop == object["flop_per_step"] as? Int)
    }

    @Test func theTableIsForPeople() throws {
        let outcome = try bench(["--profile"])
        #expect(outcome.status == 0)
        for words in ["images per second", "share of peak", "convolution 3x3", "losses and update"] {
            #expect(outcome.output.contains(words))
        }
    }

    @Test func theEnvironmentForcesAnInstructionSet() throws {
        #expect(try object(bench(["--json"], environment: ["MODULOR_ISA": "portable"]))["isa"] as? String == "portable")
    }

    @Test func anUnknownInstructionSetIsRefused() throws {
        let outcome = try bench(["--json"], environment: ["MODULOR_ISA": "mmx"])
        #expect(outcome.status == 2)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("modulor: MODULOR_ISA=mmx is no instruction set; choose among "))
    }

    @Test func threadsAreCheckedLikeTheConfiguration() throws {
        let outcome = try bench(["--threads", "0"])
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("parallel.threads"))
    }
}
