import Foundation
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
