import Foundation
import ProgramTesting
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
            let jobs = min(2, ProcessInfo.processInfo.activeProcessorCount)
            let outcome = try study("--quick", "--jobs", "\(jobs)", "--output", folder.path)
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
            try checkArticle(folder, outcome.output)
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

        // What is sure to be so in any study, beside the claims of the paper.
        let claims = try #require(study["claims"] as? [[String: String]])
        #expect(claims.compactMap { $0["claim"]?.first } == Array("12344556"))
        for number in ["5. an added", "6."] {
            #expect(claims.first { $0["claim"]!.hasPrefix(number) }?["verdict"] == "agrees")
        }
        let gains = try ["rc-ri-nff", "joint"].map { method in
            try #require(row(method)["relative_improvement_percent"] as? [String: Double])
        }
        let (distance, scatter) = (gains[0]["mean"]! - gains[1]["mean"]!, gains.map { $0["deviation"]! }.max()!)
        #expect(
            claims[0]["verdict"] == (abs(distance) <= scatter ? "undecided" : distance > 0 ? "agrees" : "disagrees"))

        // What belongs to the tasks is what their files hold.
        let model = folder.appendingPathComponent("rc-ri-nff/1/together/model").path
        let inspection = try object(Data(Program.run("inspect", model, "--json").output.utf8))
        let parts = try #require(inspection["rows"] as? [[String: Any]]).filter { $0["part"] as? String != "bank" }
        let stored = parts.reduce(0) { $0 + ($1["parameters"] as? Int ?? 0) }
        #expect(try row("rc-ri-nff")["own_parameters_per_task"] as? Double == Double(stored) / 5)
    }

    /// The study takes the place of one section of an article, and nothing else of it changes.
    private func checkArticle(_ folder: URL, _ text: String) throws {
        let article = folder.appendingPathComponent("article/Study.md")
        try FileManager.default.createDirectory(
            at: article.deletingLastPathComponent(), withIntermediateDirectories: true)
        let (before, after) = ("# A study\n\nWords.\n\n", "## Afterwards\n\nMore words.\n")
        try (before + "## What came out\n\nNothing yet.\n\n" + after).write(
            to: article, atomically: true, encoding: .utf8)
        // Written twice it is the same.
        for _ in 0..<2 {
            #expect(try Program.run("study", folder.path, "--article", article.path).status == 0)
            let written = try String(contentsOf: article, encoding: .utf8)
            #expect(written.hasPrefix(before + "## What came out\n") && written.hasSuffix(after))
            #expect(!written.contains("Nothing yet.") && written.contains(text))
            #expect(written.contains("`launch/study --quick --jobs ") && written.contains(" cores of "))
            for plot in ["delta", "parameters", "convergence"] {
                #expect(written.components(separatedBy: "(study-\(plot).svg)").count == 2)
                #expect(
                    FileManager.default.contentsEqual(
                        atPath: folder.appendingPathComponent("study-\(plot).svg").path,
                        andPath: folder.appendingPathComponent("article/study-\(plot).svg").path))
            }
        }
        let other = folder.appendingPathComponent("study.md").path
        let refused = try Program.run("study", folder.path, "--article", other)
        #expect(refused.status == 2 && refused.errors.contains("What came out"), "\(refused.errors)")
    }

    /// Banks and cells that are stopped in the middle go on and end as if they never had been.
    @Test func whatIsStoppedGoesOn() throws {
        try withTemporaryFolder { folder in
            func path(_ name: String) -> URL { folder.appendingPathComponent(name) }
            // Longer than the miniature, so that there is time to stop it.
            try """
            #!/usr/bin/env bash
            longer=()
            case $1 in pretrain | train)
                longer=(--set training.iterations=300 --set training.validate_every=100 --set output.log_every=1) ;;
            esac
            exec "\(Program.location.path)" "$@" "${longer[@]}"

            """.write(to: path("program"), atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path("program").path)
            func start(_ name: String, jobs: Int = 1) throws -> RunningJob {
                try RunningJob(
                    "launch/study",
                    ["--quick", "--resume", "--only", "rc,1", "--output", path(name).path, "--jobs", "\(jobs)"],
                    in: folder, environment: ["MODULOR_PROGRAM": path("program").path])
            }
            #expect(try start("whole").status() == 0)
            let several = min(2, ProcessInfo.processInfo.activeProcessorCount)
            for (log, jobs) in [("banks/rcm.log", 1), ("rc/1/together.log", several)] {
                let job = try start("stopped", jobs: jobs)
                let isOnItsWay = job.wait {
                    (try? String(contentsOf: path("stopped/\(log)"), encoding: .utf8))?.contains("step 5/300") == true
                }
                #expect(isOnItsWay, "\(job.errors)")
                job.signal(SIGTERM)
                #expect(job.status() == 75, "\(job.errors)")
                #expect(job.errors.contains("--resume goes on"))
            }
            let last = try start("stopped")
            #expect(last.status() == 0, "\(last.errors)")
            for file in ["banks/rcm/bank.safetensors"]
                + ["edge", "sal"].map({ "rc/1/together/model/tasks/\($0).safetensors" })
            {
                #expect(
                    FileManager.default.contentsEqual(
                        atPath: path("whole/\(file)").path, andPath: path("stopped/\(file)").path), "\(file)")
            }
            let figures = "rc/1/together/figures.json"
            #expect(try Data(contentsOf: path("whole/\(figures)")) == Data(contentsOf: path("stopped/\(figures)")))
            let sessions = try String(contentsOf: path("stopped/sessions.md"), encoding: .utf8).split(separator: "\n")
            #expect(sessions.map { $0.hasSuffix(", stopped") } == [true, true, false])
        }
    }

    @Test func ranksGiveTheSameBits() throws {
        try withTemporaryFolder { folder in
            func path(_ ranks: Int) -> URL { folder.appendingPathComponent("\(ranks)") }
            for ranks in [1, 2] {
                let outcome = try study(
                    "--quick", "--only", "rc-ri,1", "--ranks", "\(ranks)", "--output", path(ranks).path)
                try #require(outcome.status == 0, "\(outcome.errors)")
            }
            for file in [
                "banks/conv/bank.safetensors", "banks/ri/bank.safetensors", "rc-ri/1/together/figures.json",
                "rc-ri/1/together/model/tasks/edge.safetensors",
            ] {
                #expect(
                    try Data(contentsOf: path(1).appendingPathComponent(file))
                        == Data(contentsOf: path(2).appendingPathComponent(file)), "\(file)")
            }
        }
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
                (["--ranks", "0"], "--ranks"), (["--jobs", "2", "--ranks", "2"], "not both"),
                (["--jobs", "100000"], "processors there are"), (["--output", Program.repository.path], "--resume"),
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
