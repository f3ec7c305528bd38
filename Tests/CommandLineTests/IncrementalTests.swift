import Foundation
import ProgramTesting
import Testing

/// Tasks that come to a finished model and go from it, as a person asks for it.
@Suite struct IncrementalTests {
    private static let recipe = """
        model: {width: 8, aspp: 8, low: 4}
        tasks: {semseg: {}, normals: {weight: 2}}
        data: {dataset: rooms, crop: [32, 32], workers: 1, rooms: {train: 8, validation: 3, size: [32, 32]}}
        training: {iterations: 2, batch: 4}
        parallel: {threads: 1}

        """

    private func train(_ folder: URL, _ name: String, _ settings: String...) throws -> String {
        let recipe = folder.appendingPathComponent("recipe.yaml")
        try Data(Self.recipe.utf8).write(to: recipe)
        let run = folder.appendingPathComponent(name).path
        let outcome = try Program.run(
            ["train", recipe.path, "--output", run] + settings.flatMap { ["--set", $0] })
        try #require(outcome.status == 0, "\(outcome.errors)")
        return run + "/model"
    }

    /// The arguments that add depth to a model by the same recipe, trained in the folder `run`.
    private func addition(to model: String, _ folder: URL, run: String = "depth") -> [String] {
        let (recipe, run) = (folder.appendingPathComponent("recipe.yaml"), folder.appendingPathComponent(run))
        return ["add", "depth", "--to", model, recipe.path, "--output", run.path]
    }

    private func bytes(_ model: String) throws -> [String: Data] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: model)
        return try Dictionary(
            uniqueKeysWithValues: paths.compactMap { path in
                let url = URL(fileURLWithPath: model).appendingPathComponent(path)
                return url.hasDirectoryPath || path == "tasks" ? nil : (path, try Data(contentsOf: url))
            })
    }

    @Test func anAddedTaskIsOneMoreFileAndNothingElseChanges() throws {
        try withTemporaryFolder { folder in
            let model = try train(folder, "first")
            let before = try bytes(model)
            let recipe = folder.appendingPathComponent("recipe.yaml").path
            let run = folder.appendingPathComponent("depth").path
            let arguments = [
                "add", "depth", "--to", model, recipe, "--output", run, "--set", "model.bank=\(model)/bank.safetensors",
            ]
            let outcome = try Program.run(arguments)
            try #require(outcome.status == 0, "\(outcome.errors)")
            var after = try bytes(model)
            #expect(after.removeValue(forKey: "tasks/depth.safetensors") != nil)
            #expect(after == before)

            let other = Program.repository.appendingPathComponent("launch/recipes/rooms-bank.safetensors").path
            let stranger = try Program.run(
                "add", "edge", "--to", model, recipe, "--output", run + "-2", "--set", "model.bank=" + other)
            #expect(stranger.status == 2 && stranger.errors.contains("has another bank"), "\(stranger.errors)")
            #expect(!FileManager.default.fileExists(atPath: run + "-2"))

            let again = try Program.run(arguments + ["--resume"])
            #expect(again.status == 2)
            #expect(again.errors.contains("has the task depth already"))

            #expect(try Program.run("remove", "depth", "--from", model).status == 0)
            #expect(try bytes(model) == before)
            let absent = try Program.run("remove", "depth", "--from", model)
            #expect(absent.status == 2)
            #expect(absent.errors.contains("no task 'depth'"))
        }
    }

    @Test func aTaskAddedByTwoRanksIsThatOfOne() throws {
        try withTemporaryFolder { folder in
            let one = try train(folder, "one")
            let two = try train(folder, "two")
            let alone = try Program.run(addition(to: one, folder, run: "depth-1"))
            let ranks = try Program.run(ranks: 2, addition(to: two, folder, run: "depth-2"))
            try #require(alone.status == 0 && ranks.status == 0, "\(alone.errors) \(ranks.errors)")
            #expect(try bytes(one) == bytes(two))
        }
    }

    /// Killed in training, or between the last step and the file among the model's tasks.
    @Test func anAdditionThatWasKilledGoesOn() throws {
        try withTemporaryFolder { folder in
            let model = try train(folder, "first")
            let run = folder.appendingPathComponent("depth")
            let arguments = addition(to: model, folder) + ["--set", "training.checkpoint_every=1"]
            try Program.succeed(arguments)
            let whole = try bytes(model)
            let added = URL(fileURLWithPath: model + "/tasks/depth.safetensors")
            for path in [
                added, run.appendingPathComponent("checkpoints/00000002"), run.appendingPathComponent("model/tasks"),
            ] {
                try FileManager.default.removeItem(at: path)
            }
            let resumed = try Program.run(ranks: 2, arguments + ["--resume"])
            #expect(resumed.status == 0 && resumed.output.contains("resuming after step 1"), "\(resumed.errors)")
            #expect(try bytes(model) == whole)

            try FileManager.default.removeItem(at: added)
            let adopted = try Program.run(arguments + ["--resume"])
            #expect(adopted.status == 0 && adopted.output.contains("resuming after step 2"), "\(adopted.errors)")
            #expect(try bytes(model) == whole)
        }
    }

    @Test func aJointModelGrowsByNoTask() throws {
        try withTemporaryFolder { folder in
            let model = try train(folder, "joint", "model.method=conv")
            let before = try bytes(model)
            let refused = try Program.run(addition(to: model, folder))
            #expect(refused.status == 2 && refused.errors.contains("whose tasks share nothing"), "\(refused.errors)")
            #expect(try bytes(model) == before)
            #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("depth").path))
        }
    }

    @Test func aModelWithAdaptersGrowsToo() throws {
        try withTemporaryFolder { folder in
            let model = try train(folder, "adapters", "model.method=ra_series")
            let before = try bytes(model)
            // The recipe's method is another one: the network is the model's.
            try Program.succeed(addition(to: model, folder))
            var after = try bytes(model)
            #expect(after.removeValue(forKey: "tasks/depth.safetensors") != nil)
            #expect(after == before)
        }
    }

    @Test func modelsOnOneBankMergeAndOthersAreRefused() throws {
        try withTemporaryFolder { folder in
            let first = try train(folder, "first")
            let second = try train(folder, "second", "tasks={depth: {}}")
            let both = folder.appendingPathComponent("both").path
            let outcome = try Program.run("merge-models", first, second, "--output", both)
            try #require(outcome.status == 0, "\(outcome.errors)")
            let expected = try bytes(first).merging(bytes(second)) { one, _ in one }
            #expect(try bytes(both) == expected)

            let other = try train(folder, "other", "training.seed=2")
            let refused = folder.appendingPathComponent("refused").path
            let stranger = try Program.run("merge-models", first, other, "--output", refused)
            #expect(stranger.status == 2)
            #expect(stranger.errors.contains("filter bank"))
            #expect(!FileManager.default.fileExists(atPath: refused))

            let longer = try train(folder, "longer", "training.iterations=3")
            let twin = try Program.run("merge-models", first, longer, "--output", refused)
            #expect(twin.status == 2)
            #expect(twin.errors.contains("another task of the same name"))
            #expect(!FileManager.default.fileExists(atPath: refused))
        }
    }

    /// A bank that was cut to a few components is a bank like any other.
    @Test func modelsOnATruncatedBankGrowAndMerge() throws {
        try withTemporaryFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            try "model: {width: 8}\ndata: {crop: [32, 32], rooms: {train: 8, validation: 3, size: [32, 32]}}\n"
                .write(toFile: path("pretrain.yaml"), atomically: true, encoding: .utf8)
            _ = try Program.succeed(
                "pretrain", path("pretrain.yaml"), "--set", "training.iterations=2", "--output", path("pretrained"))
            try Data(Self.recipe.utf8).write(to: folder.appendingPathComponent("recipe.yaml"))
            let reported = try Program.succeed(
                "initialize", path("small"), "--from", path("pretrained/bank.safetensors"), "--responses",
                path("recipe.yaml"), "--images", "4", "--components", "5")
            #expect(reported.output.contains("% saved)"), "\(reported.output)")
            let bank = "model.bank=" + path("small/bank.safetensors")
            let first = try train(folder, "first", bank)
            let second = try train(folder, "second", bank, "tasks={edge: {}}")
            _ = try Program.succeed("add", "depth", "--to", first, path("recipe.yaml"), "--output", path("depth"))
            _ = try Program.succeed("merge-models", first, second, "--output", path("both"))
            #expect(try bytes(path("both")) == bytes(first).merging(bytes(second)) { one, _ in one })
            let tasks = ["--set", "tasks={edge: {}, depth: {}, normals: {}}"]
            let scored = try Program.run(["evaluate", path("both"), path("recipe.yaml")] + tasks)
            #expect(scored.status == 0, "\(scored.errors)")
            let whole = try train(
                folder, "whole", "model.bank=" + path("pretrained/bank.safetensors"), "tasks={sal: {}}")
            let refused = try Program.run("merge-models", first, whole, "--output", path("refused"))
            #expect(refused.status == 2 && refused.errors.contains("filter bank"), "\(refused.errors)")
        }
    }
}
