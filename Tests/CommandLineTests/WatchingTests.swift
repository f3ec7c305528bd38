import Foundation
import ProgramTesting
import Testing

/// `train`, then `report` and `watch`, as a person types them.
@Suite struct WatchingTests {
    private static let configuration = """
        model: {width: 4, method: rcm, aspp: 8, low: 4}
        tasks: {semseg: {weight: 1}, depth: {weight: 1}}
        data: {crop: [33, 40], workers: 1, rooms: {train: 7, validation: 3, size: [36, 44]}}
        training: {iterations: 4, batch: 3, validate_every: 2, checkpoint_every: 2, learning_rate: 0.01}
        parallel: {threads: 1}
        output: {log_every: 2}
        """

    @Test func aRunIsReportedAndWatched() throws {
        try withTemporaryFolder { folder in
            let configuration = folder.appendingPathComponent("small.yaml").path
            try Self.configuration.write(toFile: configuration, atomically: true, encoding: .utf8)
            let run = folder.appendingPathComponent("run").path
            let trained = try Program.run("train", configuration, "--output", run)
            #expect(trained.status == 0 && trained.output.contains("report: \(run)/report.html"), "\(trained.errors)")
            // Standard output is no terminal: plain lines, no escape sequence.
            #expect(trained.output.contains("step 2/4") && !trained.output.contains("\u{1B}"))

            let report = folder.appendingPathComponent("elsewhere.html").path
            let reported = try Program.run("report", run, "--to", report)
            #expect(reported.status == 0 && reported.output == report + "\n")
            let page = try String(contentsOfFile: report, encoding: .utf8)
            #expect(page.contains("train \(configuration) --output \(run)"))

            let watched = try Program.run("watch", run)
            #expect(watched.status == 0 && watched.output.contains("finished") && !watched.output.contains("\u{1B}"))
            let json = try Program.run("watch", run, "--json")
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            #expect(object["state"] as? String == "finished" && object["step"] as? Int == 4)
            #expect((object["rows"] as? [[String: Any]])?.map { $0["task"] as? String } == ["semseg", "depth"])

            let inspected = try Program.run("inspect", run)
            #expect(inspected.status == 0 && inspected.output.contains("checkpoint of step 4"), "\(inspected.errors)")
            #expect(inspected.output.contains("shared by depth, semseg"))
            try Data("x".utf8).write(to: URL(fileURLWithPath: run + "/checkpoints/00000002/semseg.safetensors"))
            let inspection = try #require(
                try JSONSerialization.jsonObject(with: Data(Program.run("inspect", run, "--json").output.utf8))
                    as? [String: Any])
            let checkpoints = try #require(inspection["rows"] as? [[String: Any]])
            #expect(checkpoints.map { $0["step"] as? Int } == [2, 4])
            #expect(checkpoints.map { $0["damage"] is String } == [true, false])
            #expect((inspection["model"] as? [String: Any])?["rows"] is [Any] && inspection["iterations"] as? Int == 4)
        }
    }

    @Test func ranksAreTimedAndOnlyTheFirstWrites() throws {
        try withTemporaryFolder { folder in
            let configuration = folder.appendingPathComponent("small.yaml").path
            try Self.configuration.write(toFile: configuration, atomically: true, encoding: .utf8)
            let run = folder.appendingPathComponent("run").path
            let trained = try Program.run(ranks: 2, ["train", configuration, "--output", run])
            #expect(trained.status == 0 && trained.output.contains("communication"), "\(trained.errors)")
            let files = try FileManager.default.contentsOfDirectory(atPath: run)
            #expect(files.filter { $0.hasPrefix("events.out.tfevents.") }.count == 1)
            let page = try String(contentsOfFile: run + "/report.html", encoding: .utf8)
            #expect(page.contains("rank 1") && page.contains("waiting for other ranks"))
        }
    }

    /// Pretraining takes days on pictures that people have; it is watched, looked into and checked beforehand like training.
    @Test func pretrainingIsWatched() throws {
        try withTemporaryFolder { folder in
            let configuration = folder.appendingPathComponent("pretrain.yaml").path
            try """
            model: {width: 4}
            data: {crop: [32, 32], workers: 1, rooms: {train: 8, validation: 4, size: [32, 32]}}
            training: {iterations: 4, batch: 4, validate_every: 2, checkpoint_every: 2, label_smoothing: 0.1}
            """.write(toFile: configuration, atomically: true, encoding: .utf8)
            let run = folder.appendingPathComponent("run").path
            let checked = try Program.run("data", "check", configuration, "--pretraining")
            #expect(checked.status == 0 && checked.output == "8 samples to train on, 4 to validate on, 0 problems\n")
            let trained = try Program.run("pretrain", configuration, "--output", run)
            #expect(
                trained.status == 0 && trained.output.contains("\(run)/bank.safetensors: top-1"), "\(trained.errors)")
            let watched = try Program.run("watch", run)
            #expect(
                watched.output.contains("finished") && watched.output.contains("top1"), "\(watched.errors)")
            #expect(watched.output.contains("checkpoints: after 2, 4") && watched.output.contains("(constant "))
            let inspected = try Program.run("inspect", run)
            #expect(inspected.status == 0 && inspected.output.contains("pretraining of a filter bank, 4 iterations"))
            #expect(inspected.output.contains("conv1.Ws.weight"), "\(inspected.output)")
            let reported = try Program.run("report", run)
            #expect(reported.status == 2 && reported.errors.contains("modulor watch"), "\(reported.errors)")
        }
    }

    @Test(arguments: [["report", "/nowhere"], ["watch", "/nowhere"]])
    func whatIsNoRunIsRefused(arguments: [String]) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status != 0 && outcome.errors.contains("/nowhere"))
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionsNameTheCommands(shell: String) throws {
        let outcome = try Program.run("--generate-completion-script", shell)
        #expect(outcome.status == 0)
        for command in ["train", "report", "watch", "doctor"] { #expect(outcome.output.contains(command)) }
    }
}
