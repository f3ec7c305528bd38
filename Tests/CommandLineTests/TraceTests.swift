import Foundation
import ProgramTesting
import Testing

/// Timelines as Perfetto reads them.
@Suite(.serialized) struct TraceTests {
    private struct Event {
        let name: String
        let category: String
        let rank: Int
        let row: Int
        let tasks: String?
        let began: Double
        let ended: Double

        func overlaps(_ other: Event) -> Bool { began < other.ended && other.began < ended }
        /// To within what the file's digits leave.
        func contains(_ other: Event) -> Bool { began <= other.began + 0.01 && other.ended <= ended + 0.01 }
    }

    private func configuration(in folder: URL) throws -> String {
        let path = folder.appendingPathComponent("run.yaml").path
        try """
        model: {width: 8, method: rcm, aspp: 16, low: 8}
        tasks: {semseg: {weight: 1}, normals: {weight: 10}}
        data: {crop: [64, 64], workers: 1, rooms: {train: 8, validation: 3, size: [64, 64]}}
        training: {iterations: 6, batch: 4, validate_every: 3, checkpoint_every: 3, learning_rate: 0.01}
        parallel: {threads: 1, bucket_bytes: 16384}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func read(_ path: String) throws -> (events: [Event], names: [String: String]) {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let all = try #require(object["traceEvents"] as? [[String: Any]])
        var names: [String: String] = [:]
        var events: [Event] = []
        for entry in all {
            let rank = try #require(entry["pid"] as? Int)
            let name = try #require(entry["name"] as? String)
            let arguments = try #require(entry["args"] as? [String: Any])
            if entry["ph"] as? String == "M" {
                guard let text = arguments["name"] as? String else { continue }
                names["\(rank).\(name == "process_name" ? "process" : "\(try #require(entry["tid"] as? Int))")"] = text
                continue
            }
            let began = try #require(entry["ts"] as? Double)
            events.append(
                Event(
                    name: name, category: try #require(entry["cat"] as? String), rank: rank,
                    row: try #require(entry["tid"] as? Int), tasks: arguments["tasks"] as? String, began: began,
                    ended: began + (try #require(entry["dur"] as? Double))))
        }
        return (events, names)
    }

    @Test func reductionsOfTwoRanksOverlapTheComputation() throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("trace.json").path
            let outcome = try Program.run(
                ranks: 2,
                [
                    "train", try configuration(in: folder), "--output", folder.appendingPathComponent("run").path,
                    "--trace", path,
                ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let (events, names) = try read(path)
            for rank in 0...1 {
                #expect(try #require(names["\(rank).process"]).hasPrefix("rank \(rank) on "))
                #expect(names["\(rank).0"] == "compute" && names["\(rank).3"] == "data")
                let own = events.filter { $0.rank == rank }
                func named(_ name: String) -> [Event] { own.filter { $0.name == name } }
                #expect(named("step").count == 6)
                #expect(named("forward").count == 12 && named("update").count == 12)
                #expect(named("validation").count == 2 && named("checkpoint").count == 2)
                #expect(named("read batch").count == 6 && named("wait for pictures").count == 6)
                #expect(!named("batch-norm sums").isEmpty && !named("wait for sums").isEmpty)
                let layers = own.filter { $0.name.hasPrefix("layer1.0.conv1.Ws, convolution 3x3") }
                #expect(Set(layers.map(\.name)).count >= 2)
                let steps = named("step")
                #expect(layers.allSatisfy { layer in steps.contains { $0.contains(layer) } })
                // Events of a row stand within or beside each other, as viewers need it.
                for row in 0...3 {
                    var open: [Event] = []
                    for event in own.filter({ $0.row == row }).sorted(by: {
                        ($0.began, -$0.ended) < ($1.began, -$1.ended)
                    }) {
                        open.removeAll { $0.ended <= event.began + 0.01 }
                        #expect(open.allSatisfy { $0.contains(event) }, "\(event)")
                        open.append(event)
                    }
                }
                let reductions = own.filter { $0.category == "gradients" }
                #expect(reductions.count >= 12)
                let computing = own.filter { $0.row == 0 && $0.name.contains("convolution") }
                #expect(reductions.contains { reduction in computing.contains(where: reduction.overlaps) })
                // The last reductions of one task run while the next one's forward pass does.
                let next = named("forward").filter { $0.tasks == "normals" }
                #expect(reductions.contains { one in one.tasks == "semseg" && next.contains(where: one.overlaps) })
            }
            // By one clock, ranks are in the same step at the same time.
            let steps = events.filter { $0.name == "step" }
            for (one, other) in zip(steps.filter { $0.rank == 0 }, steps.filter { $0.rank == 1 }) {
                #expect(one.overlaps(other))
            }
        }
    }

    @Test func aFileThatCannotBeWrittenIsRefusedBeforeTheTraining() throws {
        try withTemporaryFolder { folder in
            let run = folder.appendingPathComponent("run").path
            let path = folder.appendingPathComponent("nowhere/trace.json").path
            let outcome = try Program.run(
                "train", try configuration(in: folder), "--output", run, "--trace", path)
            #expect(outcome.status == 2 && outcome.errors.contains("--trace \(path): "), "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: run))
        }
    }

    @Test func oneProcessNeedsNoLauncher() throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("trace.json").path
            let outcome = try Program.run([
                "bench", "step", "--config", try configuration(in: folder), "--rounds", "2", "--trace", path,
            ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let events = try read(path).events
            #expect(events.filter { $0.name == "step" }.count == 3)
            #expect(events.contains { $0.name.contains("backward to filter") })
            #expect(!events.contains { $0.category == "gradients" })
        }
    }
}
