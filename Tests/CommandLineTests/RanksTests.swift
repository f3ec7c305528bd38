import Foundation
import Testing

/// Real jobs of several ranks give the files of one process, byte for byte.
@Suite(.serialized) struct RanksTests {
    private func configuration(in folder: URL) throws -> String {
        let path = folder.appendingPathComponent("run.yaml").path
        try """
        model: {width: 4, method: rcm, aspp: 8, low: 4}
        tasks: {semseg: {weight: 1}, normals: {weight: 10}, human_parts: {weight: 2}}
        data: {crop: [41, 48], workers: 1, rooms: {train: 14, validation: 5, size: [40, 48]}}
        training: {iterations: 4, batch: 12, validate_every: 3, checkpoint_every: 2, learning_rate: 0.01}
        parallel: {threads: 1, bucket_bytes: 16384}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// The model's and the last checkpoint's files.
    private func files(_ run: URL) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for folder in ["model", "model/tasks", "checkpoints/00000004"] {
            let path = run.appendingPathComponent(folder)
            for name in try FileManager.default.contentsOfDirectory(atPath: path.path) where name.contains(".") {
                files["\(folder)/\(name)"] = try Data(contentsOf: path.appendingPathComponent(name))
            }
        }
        return files
    }

    private func train(
        _ configuration: String, in folder: URL, ranks: Int, run: String, _ more: [String] = []
    ) throws -> Program.Outcome {
        let output = folder.appendingPathComponent(run).path
        return try Program.run(ranks: ranks, ["train", configuration, "--output", output] + more)
    }

    @Test(
        arguments: zip(
            [
                ["training.batch=12"], ["training.batch=7"], ["training.batch=8", "model.method=conv"],
                ["training.batch=7", "model.backbone=resnet50"],
            ],
            ["winograd", "direct", "auto", "auto"]))
    func filesDoNotDependOnRanks(_ overrides: [String], convolution: String) throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            let options = overrides.flatMap { ["--set", $0] } + ["--convolution", convolution]
            let alone = folder.appendingPathComponent("alone").path
            let outcome = try Program.run(["train", configuration, "--output", alone] + options)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let expected = try files(URL(fileURLWithPath: alone))
            #expect(expected.count >= 7)
            for ranks in 2...4 {
                let outcome = try train(configuration, in: folder, ranks: ranks, run: "\(ranks)", options)
                #expect(outcome.status == 0, "\(outcome.errors)")
                let isSame = try files(folder.appendingPathComponent("\(ranks)")) == expected
                #expect(isSame, "\(ranks) ranks")
            }
        }
    }

    @Test func aRunGoesOnWithAnotherNumberOfRanks() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            #expect(try train(configuration, in: folder, ranks: 1, run: "whole").status == 0)
            #expect(try train(configuration, in: folder, ranks: 3, run: "parts").status == 0)
            // What was saved after step 2 is all that is left of the run.
            let parts = folder.appendingPathComponent("parts")
            try FileManager.default.removeItem(at: parts.appendingPathComponent("checkpoints/00000004"))
            try FileManager.default.removeItem(at: parts.appendingPathComponent("model/tasks"))
            let outcome = try train(configuration, in: folder, ranks: 2, run: "parts", ["--resume"])
            #expect(outcome.status == 0 && outcome.output.contains("resuming after step 2"), "\(outcome.errors)")
            let isSame = try files(parts) == files(folder.appendingPathComponent("whole"))
            #expect(isSame)
        }
    }

    /// With other algorithms a run would go on with other roundings; what is left open is as it was.
    @Test func aResumedRunKeepsItsAlgorithms() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            let direct = ["--convolution", "direct"]
            #expect(try train(configuration, in: folder, ranks: 1, run: "whole", direct).status == 0)
            #expect(try train(configuration, in: folder, ranks: 1, run: "parts", direct).status == 0)
            let parts = folder.appendingPathComponent("parts")
            try FileManager.default.removeItem(at: parts.appendingPathComponent("checkpoints/00000004"))
            try FileManager.default.removeItem(at: parts.appendingPathComponent("model/tasks"))
            for (options, words) in [
                (["--convolution", "auto"], "was begun with --convolution direct"),
                (["--gemm", "openblas"], "was begun with --gemm own"),
            ] {
                let refused = try train(configuration, in: folder, ranks: 2, run: "parts", ["--resume"] + options)
                #expect(refused.status == 2 && refused.errors.contains(words), "\(refused.errors)")
            }
            let outcome = try train(configuration, in: folder, ranks: 2, run: "parts", ["--resume"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let isSame = try files(parts) == files(folder.appendingPathComponent("whole"))
            #expect(isSame)
        }
    }

    @Test func figuresDoNotDependOnRanks() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            let run = folder.appendingPathComponent("run").path
            #expect(try Program.run(["train", configuration, "--output", run]).status == 0)
            let more = ["--set", "tasks.edge.weight=1", "--json"]
            let alone = try Program.run(["evaluate", run, configuration] + more)
            #expect(alone.status == 0 && alone.errors.contains("has no edge"), "\(alone.errors)")
            #expect(alone.output.contains("mean_angular_error"))
            // More ranks than pictures among them.
            for ranks in [2, 3, 6] {
                let outcome = try Program.run(ranks: ranks, ["evaluate", run, configuration] + more)
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.output == alone.output, "\(ranks) ranks")
            }
        }
    }

    @Test func moreRanksThanSamplesAreRefusedWithTheMost() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            let outcome = try train(configuration, in: folder, ranks: 3, run: "run", ["--set", "training.batch=2"])
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("3 ranks cannot share a batch of 2 samples: start at most 2 ranks"))
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("run").path))
        }
    }
}
