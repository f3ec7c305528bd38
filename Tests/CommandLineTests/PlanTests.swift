import Datasets
import Foundation
import ProgramTesting
import Testing

/// Plans, and the jobs that they foretell.
@Suite(.serialized) struct PlanTests {
    private func configuration(in folder: URL) throws -> String {
        let path = folder.appendingPathComponent("run.yaml").path
        try """
        model: {width: 8, method: rcm, aspp: 16, low: 8}
        tasks: {semseg: {weight: 1}, normals: {weight: 10}}
        data: {dataset: pascal-context, root: nowhere, crop: [48, 32]}
        training: {batch: 12}
        parallel: {threads: 1, bucket_bytes: 16384}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func object(_ outcome: Program.Outcome) throws -> [String: Any] {
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test func aPlanAndARealJobAgreeOnTraffic() throws {
        try withTemporaryFolder { folder in
            let path = try configuration(in: folder)
            // Shards of 4 are one subtree each; of 6 they are two.
            for ranks in [2, 3] {
                let plan = try object(Program.run("plan", path, "--ranks", "\(ranks)", "--json"))
                let traffic = try #require(plan["traffic"] as? [String: Any])
                let job = try object(
                    Program.run(ranks: ranks, ["bench", "step", "--config", path, "--rounds", "1", "--json"]))
                let sent = try #require(job["traffic"] as? [String: Any])
                #expect(job["ranks"] as? Int == ranks)
                #expect(traffic["gradient_bytes"] as? Int == sent["gradient_bytes"] as? Int)
                #expect(traffic["least_factor"] as? Double == sent["least_factor"] as? Double)
                #expect(try #require(job["shares"] as? [String: Any])["batch_norm_synchronization_seconds"] != nil)
                let rows = try #require(plan["rows"] as? [[String: Any]])
                let flop = rows.reduce(0) { $0 + ($1["flop"] as? [Int] ?? []).reduce(0, +) }
                #expect(flop == plan["flop_per_rank_and_step"] as? Int)
                #expect(flop * ranks == plan["flop_per_step"] as? Int)
                #expect(plan["flop_per_step"] as? Int == job["flop_per_step"] as? Int)
                let predicted = try #require(plan["predicted"] as? [String: Double])
                #expect(
                    try #require(predicted["seconds_per_step"]) > (try #require(predicted["computing_seconds"])))
            }
        }
    }

    @Test func aJobOfAThousandRanksIsPlannedOnOne() throws {
        try withTemporaryFolder { folder in
            let path = try configuration(in: folder)
            let options = ["plan", path, "--ranks", "1024", "--set", "training.batch=2048", "--json"]
            let slow = try object(Program.run(options + ["--latency", "1e-3", "--bandwidth", "1e8"]))
            #expect(slow["samples"] as? Int == 2 && slow["ranks"] as? Int == 1024)
            let traffic = try #require(slow["traffic"] as? [String: Any])
            #expect(traffic["factor"] as? Double == 2 * 1023.0 / 1024)
            let exchanges = try #require(traffic["batch_norm_exchanges"] as? Int)
            let predicted = try #require(slow["predicted"] as? [String: Double])
            // Ten rounds of a millisecond each.
            #expect(try #require(predicted["batch_norm_synchronization_seconds"]) >= Double(exchanges) * 10e-3)
        }
    }

    @Test func aPlanOfOneRankIsForPeople() throws {
        try withTemporaryFolder { folder in
            let outcome = try Program.run("plan", try configuration(in: folder))
            #expect(outcome.status == 0, "\(outcome.errors)")
            for words in ["images per second", "prepared bank", "layer1.0.conv1.Ws"] {
                #expect(outcome.output.contains(words))
            }
        }
    }

    @Test("the largest validation picture counts, where the data set is there")
    func validation() throws {
        try UserData.with(task: "depth") { data, path in
            let small = [
                "plan", path, "--set", "model.width=4", "--set", "model.aspp=8", "--set", "model.low=4", "--json",
            ]
            func memory() throws -> [String: Any] {
                try #require(try object(Program.run(small))["memory"] as? [String: Any])
            }
            let usual = try memory()
            #expect(usual["validation_size"] as? [Int] == [UserData.height, UserData.width])
            try data.write(
                Data(PNGFile(height: 600, width: 800, pixels: .grey([UInt8](repeating: 9, count: 480_000))).encoded()),
                "images/5.png")
            let large = try memory()
            #expect(large["validation_size"] as? [Int] == [600, 800])
            // At least the input, and the batch and the sample that it is copied from; the total has it.
            let bytes = try #require(large["validation_bytes"] as? Int)
            #expect(bytes > 3 * 3 * 4 * 480_000)
            let totals = try [usual, large].map { try #require($0["total_bytes"] as? Int) }
            let difference = bytes - (try #require(usual["validation_bytes"] as? Int))
            #expect(totals[1] - totals[0] == difference)

            // In tiles, a pass takes less than it may, and what is read ahead as much as before: less than the picture
            // twice, once more for the batch and its label.
            let limit = 3_000_000
            let outcome = try Program.run(small + ["--set", "parallel.evaluation_bytes=\(limit)"])
            let tiled = try #require(try object(outcome)["memory"] as? [String: Any])
            let less = try #require(tiled["validation_bytes"] as? Int)
            #expect(less < bytes - 3 * 4 * 480_000 + limit && less > 2 * 3 * 4 * 480_000)
        }
        try withTemporaryFolder { folder in
            let text = try Program.succeed("plan", try configuration(in: folder)).output
            #expect(text.contains("validation (the data set is not there)"))
        }
    }

    @Test func moreRanksThanSamplesAreRefused() throws {
        try withTemporaryFolder { folder in
            let outcome = try Program.run("plan", try configuration(in: folder), "--ranks", "13")
            #expect(outcome.status == 2 && outcome.errors.contains("start at most 12 ranks"), "\(outcome.errors)")
        }
    }

    @Test func scalingIsMeasuredAndDrawn() throws {
        try withTemporaryFolder { folder in
            let launcher = Program.command(ranks: 1, []).words[0]
            let output = folder.appendingPathComponent("scaling")
            let outcome = try Program.run(
                [
                    "bench", "scaling", "--config", try configuration(in: folder), "--ranks", "1,2", "--samples", "2",
                    "--rounds", "1", "--launcher", launcher, "--output", output.path, "--json",
                ])
            let report = try object(outcome)
            let rows = try #require(report["rows"] as? [[String: Any]])
            #expect(rows.compactMap { $0["mode"] as? String } == ["weak", "weak", "strong", "strong"])
            let trials = rows.compactMap { $0["trial"] as? [String: Any] }
            #expect(trials.compactMap { $0["ranks"] as? Int } == [1, 2, 1, 2])
            #expect(trials.compactMap { $0["batch"] as? Int } == [2, 4, 4, 4])
            let two = trials[1]
            #expect(
                two["gradient_bytes_sent_per_step"] as? Double == two["expected_gradient_bytes_per_step"] as? Double)
            for key in ["efficiency", "efficiency_against_lone", "cost_of_reduction", "prediction_ratio"] {
                #expect(two[key] is Double, "\(key)")
            }
            let svg = try String(contentsOf: output.appendingPathComponent("scaling.svg"), encoding: .utf8)
            #expect(svg.hasPrefix("<svg ") && svg.contains("weak scaling"))
            let file = try Data(contentsOf: output.appendingPathComponent("scaling.json"))
            #expect(file == Data(outcome.output.utf8))
        }
    }
}
