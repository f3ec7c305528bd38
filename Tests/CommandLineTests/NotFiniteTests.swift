import Foundation
import Testing

/// Where training or a model leaves the finite numbers, the program ends with 1 and a sentence that can be followed, and nothing
/// is published.
@Suite struct NotFiniteTests {
    private static func command(_ data: UserData, _ configuration: String, _ settings: String...) -> [String] {
        [
            "train", configuration, "--output", data.root.path + "/../run",
        ]
            + ([
                "model.width=4", "model.aspp=8", "model.low=4", "training.batch=2", "data.workers=1",
                "parallel.threads=1", "training.schedule=constant",
            ] + settings).flatMap { ["--set", $0] }
    }

    @Test("a last step whose model predicts what is not finite publishes nothing, and promises no checkpoint")
    func aLastStep() throws {
        try UserData.with(task: "depth") { data, configuration in
            let outcome = try Program.run(
                Self.command(
                    data, configuration, "training.learning_rate=1000", "training.iterations=1",
                    "training.validate_every=0", "training.checkpoint_every=0"))
            #expect(outcome.status == 1, "\(outcome.output)")
            #expect(outcome.errors.contains("step 1: "), "\(outcome.errors)")
            #expect(outcome.errors.contains("not finite") || outcome.errors.contains("the prediction of depth for "))
            #expect(outcome.errors.contains("no checkpoint was saved before"))
            let run = data.root.path + "/../run"
            let published = try FileManager.default.subpathsOfDirectory(atPath: run).filter {
                $0.contains("tasks/") || $0.hasSuffix("validation.json") || $0.hasSuffix(".png")
            }
            #expect(published.isEmpty, "\(published)")
        }
    }

    @Test("the remedy that is printed can be followed")
    func theRemedy() throws {
        try UserData.with(task: "depth") { data, configuration in
            let run = data.root.path + "/../run"
            // The first step is gentle, and saved; with the second one training leaves the numbers.
            try Program.succeed(
                Self.command(data, configuration, "training.learning_rate=0.001", "training.iterations=1"))
            let text = try String(contentsOfFile: run + "/config.yaml", encoding: .utf8)
            try text.replacingOccurrences(of: "iterations: 1", with: "iterations: 40")
                .replacingOccurrences(of: "learning_rate: 0.001", with: "learning_rate: 1000.0")
                .write(toFile: run + "/config.yaml", atomically: true, encoding: .utf8)
            let failed = try Program.run(
                Self.command(data, configuration, "training.learning_rate=1000", "training.iterations=40")
                    + ["--resume"])
            #expect(failed.status == 1, "\(failed.output)\(failed.errors)")
            let found = try #require(failed.errors.firstMatch(of: #/--from (\S+)/#), "\(failed.errors)")
            let other = Self.command(data, configuration, "training.iterations=2").map {
                $0.hasSuffix("/run") ? $0 + "2" : $0
            }
            let again = try Program.succeed(other + ["--from", String(found.1)])
            #expect(again.output.contains("starts from the weights of "))
        }
    }

    @Test("a model whose answers are not finite is neither scored, nor does it predict, nor is it exported")
    func aModel() throws {
        try UserData.with(task: "depth") { data, configuration in
            let run = data.root.path + "/../run"
            try Program.succeed(
                Self.command(data, configuration, "training.learning_rate=0.001", "training.iterations=1"))
            // Every weight of the last layer is finite, and what comes of them is not.
            let file = run + "/model/tasks/depth.safetensors"
            var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
            let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            let header = try #require(
                try JSONSerialization.jsonObject(with: bytes[8..<8 + length]) as? [String: Any])
            for case (_, let entry as [String: Any]) in header {
                guard let shape = entry["shape"] as? [Int], shape.count == 4,
                    let offsets = entry["data_offsets"] as? [Int]
                else { continue }
                for place in stride(from: 8 + length + offsets[0], to: 8 + length + offsets[1], by: 4) {
                    withUnsafeBytes(of: Float(1e37).bitPattern.littleEndian) {
                        bytes.replaceSubrange(place..<place + 4, with: $0)
                    }
                }
            }
            try bytes.write(to: URL(fileURLWithPath: file))
            let answers = data.root.path + "/../answers"
            for command in [
                ["evaluate", run, configuration, "--save-predictions", answers],
                ["predict", run, data.root.path + "/images", "--output", answers],
                ["export", run, "--to", data.root.path + "/../depth.onnx"],
                ["export", run, "--to", data.root.path + "/../depth.safetensors"],
            ] {
                let outcome = try Program.run(command)
                #expect(outcome.status == 1, "\(command): \(outcome.output)")
                #expect(outcome.errors.contains("the prediction of depth for "), "\(command): \(outcome.errors)")
                #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            }
            let written = try FileManager.default.subpathsOfDirectory(atPath: data.root.path + "/..").filter {
                $0.hasPrefix("answers/") && $0.contains(".") || $0.hasPrefix("depth.")
            }
            #expect(written.isEmpty, "\(written)")
        }
    }

    @Test("saved predictions that are not finite are named and not scored")
    func savedPredictions() throws {
        try UserData.with(task: "depth") { data, configuration in
            try FileManager.default.createDirectory(
                at: data.root.appendingPathComponent("p/depth"), withIntermediateDirectories: true)
            for name in ["4", "5"] { try data.array("p/depth/\(name)", UserData.depth) }
            let command = ["evaluate", "--predictions", data.root.path + "/p", configuration]
            #expect(try Program.succeed(command).output.contains("0.000 m"))
            for (value, name) in [(Float.nan, "nan"), (.infinity, "inf")] {
                var values = UserData.depth
                values[2 * UserData.width + 3] = value
                try data.array("p/depth/5", values)
                let outcome = try Program.run(command)
                #expect(outcome.status == 1 && outcome.output.isEmpty)
                #expect(outcome.errors.contains("5.npy: it is \(name) at row 2, column 3"), "\(outcome.errors)")
            }
        }
    }
}
