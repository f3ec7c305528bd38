import Foundation
import ProgramTesting
import Testing

@Suite(.serialized) struct ResponsesTests {
    /// A bank pretrained for a moment, and the configuration whose images are looked at.
    private func prepare(_ folder: URL) throws -> (bank: String, data: String) {
        let pretrain = folder.appendingPathComponent("pretrain.yaml")
        try """
        model: {width: 4}
        data: {crop: [32, 32], workers: 1, rooms: {train: 12, validation: 4, size: [32, 32]}}
        training: {iterations: 2, batch: 4, validate_every: 0}
        """.write(to: pretrain, atomically: true, encoding: .utf8)
        let run = folder.appendingPathComponent("pretrained").path
        #expect(try Program.run("pretrain", pretrain.path, "--output", run).status == 0)
        let data = folder.appendingPathComponent("data.yaml")
        try "data: {crop: [32, 40], workers: 1, rooms: {train: 40, size: [36, 36]}}".write(
            to: data, atomically: true, encoding: .utf8)
        return (run + "/bank.safetensors", data.path)
    }

    @Test func pretrainingDoesNotDependOnRanks() throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("pretrain.yaml").path
            try """
            model: {width: 4, method: ra_series}
            data: {crop: [32, 32], workers: 1, rooms: {train: 12, validation: 5, size: [32, 32]}}
            training: {iterations: 3, batch: 7, validate_every: 2, checkpoint_every: 2, label_smoothing: 0.1}
            """.write(toFile: path, atomically: true, encoding: .utf8)
            func bank(_ run: String, ranks: Int, _ more: String...) throws -> (bytes: Data, output: String) {
                let run = folder.appendingPathComponent(run)
                let outcome = try Program.run(ranks: ranks, ["pretrain", path, "--output", run.path] + more)
                #expect(outcome.status == 0, "\(outcome.errors)")
                return (try Data(contentsOf: run.appendingPathComponent("bank.safetensors")), outcome.output)
            }
            let alone = try bank("1", ranks: 1).bytes
            #expect(try bank("2", ranks: 2).bytes == alone)
            #expect(try bank("3", ranks: 3).bytes == alone)
            // What was saved after step 2 is all that is left of the run, which goes on with fewer ranks.
            for lost in ["bank.safetensors", "checkpoints/00000003"] {
                try FileManager.default.removeItem(at: folder.appendingPathComponent("3/\(lost)"))
            }
            let resumed = try bank("3", ranks: 2, "--resume")
            #expect(resumed.bytes == alone && resumed.output.contains("resuming after step 2"), "\(resumed.output)")
        }
    }

    @Test func theModelDoesNotDependOnRanks() throws {
        try withTemporaryFolder { folder in
            let (bank, data) = try prepare(folder)
            func model(_ name: String) -> URL { folder.appendingPathComponent(name) }
            // Six blocks of four images, the last one partial; and one block for four ranks.
            for images in ["22", "3"] {
                let options = ["--from", bank, "--responses", data, "--energy", "0.95", "--images", images]
                let alone = try Program.run(["initialize", model("1-\(images)").path] + options + ["--json"])
                #expect(alone.status == 0, "\(alone.errors)")
                #expect(alone.output.contains("\"modulator_parameters_per_task\""))
                let expected = try Data(contentsOf: model("1-\(images)").appendingPathComponent("bank.safetensors"))
                for ranks in [2, 4] {
                    let name = "\(ranks)-\(images)"
                    let outcome = try Program.run(ranks: ranks, ["initialize", model(name).path] + options)
                    #expect(outcome.status == 0, "\(outcome.errors)")
                    let found = try Data(contentsOf: model(name).appendingPathComponent("bank.safetensors"))
                    #expect(found == expected, "\(name)")
                }
            }
        }
    }

    @Test func whatTheBankLeavesOverIsListed() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("resnet18.pth")
            try PretrainedFile.write(to: file)
            let images = Program.repository.appendingPathComponent("Tests/DatasetsTests/Fixtures/PASCAL_MT/JPEGImages")
            func initialize(_ name: String, _ options: String...) throws -> String {
                let arguments = [
                    "initialize", folder.appendingPathComponent(name).path, "--from", file.path, "--responses",
                    images.path, "--images", "4", "--crop", "32x32",
                ]
                return try Program.succeed(arguments + options).output
            }
            // In the order of the file, which PyTorch does not sort.
            #expect(try initialize("text").contains(#/left over  fc\.(weight, fc\.bias|bias, fc\.weight)/#))
            let json = try JSONSerialization.jsonObject(with: Data(initialize("json", "--json").utf8))
            let leftOver = (json as? [String: Any])?["left_over"] as? [String]
            #expect(leftOver?.sorted() == ["fc.bias", "fc.weight"])
        }
    }

    @Test func whatWouldBeInVainIsRefusedAtOnce() throws {
        try withTemporaryFolder { folder in
            let bank = Program.repository.appendingPathComponent("launch/recipes/rooms-bank.safetensors").path
            func refusal(_ options: String...) throws -> String {
                let outcome = try Program.run(["initialize", folder.path, "--from", bank] + options)
                #expect(outcome.status == 2, "\(outcome.errors)")
                return outcome.errors
            }
            #expect(try refusal("--responses", "/nowhere", "--method", "conv").contains("--method"))
            #expect(try refusal("--images", "5").contains("need --responses"))
            // Before any image is looked for.
            try Data().write(to: folder.appendingPathComponent("notes"))
            #expect(try refusal("--responses", "/nowhere").contains("it is not empty"))
        }
    }

    @Test(arguments: [
        (["--energy", "1.5"], "--energy"), (["--components", "0"], "--components"),
        (["--components", "2", "--energy", "0.5"], "not both"), (["--images", "0"], "--images"),
    ])
    func badOptionsAreRefused(_ options: [String], _ word: String) throws {
        let outcome = try Program.run(["initialize", "model", "--from", "bank", "--responses", "data"] + options)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(word))
    }
}
