import Foundation
import Testing

/// A miniature of the ablation, by the script that runs it.
@Suite struct StudyTests {
    private func study(_ arguments: String...) throws -> Program.Outcome {
        try Program.run(
            arguments, environment: ["MODULOR_PROGRAM": Program.location.path], seconds: 300,
            executable: Program.repository.appendingPathComponent("launch/study"))
    }

    @Test func everyMethodIsTrainedAndEveryCellRepeats() throws {
        try withTemporaryFolder { folder in
            let outcome = try study("--quick", "--output", folder.path)
            try #require(outcome.status == 0, "\(outcome.errors)")
            for method in ["single task", "joint", "series RA", "parallel RA", "| RC ", "RC+RI ", "RC+RI+NFF"] {
                #expect(outcome.output.contains(method), "\(outcome.output)")
            }
            // Two seeds of every row, with deviations; nothing forgotten where a task was added.
            #expect(outcome.output.contains("over seeds 1, 2"))
            #expect(!outcome.output.contains("(seed"))
            #expect(outcome.output.contains("have the same bytes after depth was added"))
            for plot in ["delta", "parameters", "convergence"] {
                let svg = try String(
                    contentsOf: folder.appendingPathComponent("study-\(plot).svg"), encoding: .utf8)
                #expect(svg.hasPrefix("<svg") && svg.contains("RC+RI+NFF"))
            }

            try checkFigures(folder)
            try checkBackbones(folder)

            // A cell that is lost comes back with the same bytes, and the others stay.
            let cell = folder.appendingPathComponent("rc-ri/2")
            let task = cell.appendingPathComponent("together/model/tasks/sal.safetensors")
            let before = try Data(contentsOf: task)
            try FileManager.default.removeItem(at: cell)
            let again = try study("--quick", "--output", folder.path, "--resume", "--only", "rc-ri,2")
            try #require(again.status == 0, "\(again.errors)")
            #expect(again.errors.components(separatedBy: "launch/study:").count == 2, "\(again.errors)")
            #expect(try Data(contentsOf: task) == before)
        }
    }

    /// Compares what the study says of two cells with what their files say.
    private func checkFigures(_ folder: URL) throws {
        func object(_ text: Data) throws -> [String: Any] {
            try #require(JSONSerialization.jsonObject(with: text) as? [String: Any])
        }
        let study = try object(Data(Program.run("study", folder.path, "--json").output.utf8))
        func row(_ method: String) throws -> [String: Any] {
            try #require((study["rows"] as? [[String: Any]])?.first { $0["method"] as? String == method })
        }
        // The change of a mean against itself is nothing.
        let single = try #require(row("single")["relative_improvement_percent"] as? [String: Double])
        #expect(abs(try #require(single["mean"])) < 1e-9)

        // The deviation of two numbers is half their distance times the square root of two.
        let values = try (1...2).map { seed -> Double in
            let report = try object(
                Data(contentsOf: folder.appendingPathComponent("joint/\(seed)/together/figures.json")))
            let rows = try #require(report["rows"] as? [[String: Any]])
            return try #require(rows.first { $0["metric"] as? String == "max_iou" }?["value"] as? Double)
        }
        let saliency = try #require((row("joint")["figures"] as? [String: [String: Double]])?["sal"])
        #expect(abs(saliency["mean"]! - (values[0] + values[1]) / 2) < 1e-12)
        #expect(abs(saliency["deviation"]! - abs(values[0] - values[1]) / 2.0.squareRoot()) < 1e-12)

        // What belongs to the tasks is what their files hold.
        let model = folder.appendingPathComponent("rc-ri-nff/1/together/model").path
        let inspection = try object(Data(Program.run("inspect", model, "--json").output.utf8))
        let parts = try #require(inspection["rows"] as? [[String: Any]]).filter { $0["part"] as? String != "bank" }
        let stored = parts.reduce(0) { $0 + ($1["parameters"] as? Int ?? 0) }
        #expect(try row("rc-ri-nff")["own_parameters_per_task"] as? Double == Double(stored) / 5)
    }

    /// A network over its own backbone is itself, and over another's it is not.
    private func checkBackbones(_ folder: URL) throws {
        func figures(_ backbone: String, of run: String) throws -> Program.Outcome {
            let path = folder.appendingPathComponent(run).path
            return try Program.run(
                "evaluate", path, path + "/config.yaml", "--json", "--backbone",
                folder.appendingPathComponent(backbone).path)
        }
        let known = try String(
            contentsOf: folder.appendingPathComponent("single/1/normals/figures.json"), encoding: .utf8)
        #expect(try figures("single/1/normals", of: "single/1/normals").output == known)
        let other = try figures("single/2/sal", of: "single/1/normals")
        #expect(other.status == 0 && other.output != known, "\(other.errors)")
        let bank = try figures("single/1/normals", of: "rc/1/together")
        #expect(bank.status == 2 && bank.errors.contains("method conv"))
    }

    @Test func whatCannotBeMeantIsRefused() throws {
        try withTemporaryFolder { folder in
            let empty = folder.appendingPathComponent("empty").path
            for (arguments, words) in [
                (["--only", "magic"], "no method 'magic'"), (["--only", "rc,x"], "METHOD,SEED"),
                (["--ranks", "0"], "--ranks"), (["--output", Program.repository.path], "--resume"),
            ] {
                let outcome = try Program.run(
                    ["--output", empty] + arguments, environment: ["MODULOR_PROGRAM": Program.location.path],
                    executable: Program.repository.appendingPathComponent("launch/study"))
                #expect(outcome.status == 2 && outcome.errors.contains(words), "\(outcome.errors)")
            }
            let nothing = try Program.run("study", folder.path)
            #expect(nothing.status == 2 && nothing.errors.contains("no finished run"))
        }
    }
}
