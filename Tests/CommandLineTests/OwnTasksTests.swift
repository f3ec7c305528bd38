import Datasets
import Foundation
import ProgramTesting
import Testing

/// Tasks that a user describes in a configuration, from the first step to another program, with no change of sources.
@Suite struct OwnTasksTests {
    /// What the tasks of YourOwnData.md are called, in its order; tests give them other names.
    static let names = ["roads", "crops", "wet", "flow", "edge"]
    private static let samples = 12
    private static let (height, width) = (40, 48)

    /// A folder `mydata` with two segmentations of other classes, a score, a flow of two channels and edges, under
    /// `names`, depth beside them, and the configuration of the article, made small, as `own.yaml`.
    private static func write(to folder: URL, names: [String]) throws {
        func place(_ name: String) throws -> URL {
            let place = folder.appendingPathComponent("mydata/\(name)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            return place
        }
        let pixels = (0..<height).flatMap { row in (0..<width).map { (row, $0) } }
        for sample in 0..<samples {
            let (centre, middle, reach) = (8 + 2 * sample, 10 + 3 * sample % 30, 6 + sample % 5)
            func isDisc(_ row: Int, _ column: Int) -> Bool {
                (row - centre) * (row - centre) + (column - middle) * (column - middle) < reach * reach
            }
            func isBand(_ row: Int, _ column: Int) -> Bool { (row + column * (sample % 3)) % 37 < 7 }
            let colors = pixels.flatMap { row, column -> [UInt8] in
                [isDisc(row, column) ? 200 : 40, isBand(row, column) ? 180 : UInt8(column), UInt8(3 * row)]
            }
            func save(_ name: String, _ values: PNGFile.Pixels) throws {
                try PNGFile(height: height, width: width, pixels: values)
                    .write(to: place(name).appendingPathComponent("s\(sample).png").path)
            }
            func grey(_ value: (Int, Int) -> Int) -> PNGFile.Pixels { .grey(pixels.map { UInt8(value($0, $1)) }) }
            try save("images", .rgb(colors))
            try save(
                names[0], grey { row, column in row == 0 ? 255 : isBand(row, column) ? 1 : isDisc(row, column) ? 2 : 0 }
            )
            try save(names[1], grey { isDisc($0, $1) ? 1 : 0 })
            try save(names[2], grey { isDisc($0, $1) || isBand($0, $1) ? 255 : 0 })
            try save(names[4], grey { isDisc($0, $1) != isDisc($0 + 1, $1) ? 255 : 0 })
            let flow = pixels.flatMap { row, column -> [Float] in
                row < 2 ? [.nan, .nan] : [Float(column - middle) / 10, Float(row - centre) / 10]
            }
            let depth = pixels.map { row, column in isDisc(row, column) ? Float(1) : 1 + Float(row) / 20 }
            for (name, values, shape) in [(names[3], flow, [height, width, 2]), ("depth", depth, [height, width])] {
                try Data(NumPyArray.encoded(values, shape: shape))
                    .write(to: place(name).appendingPathComponent("s\(sample).npy"))
            }
        }
        func list(_ name: String, _ lines: [String]) throws {
            try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: folder.appendingPathComponent("mydata/\(name)"))
        }
        try list("train.txt", (0..<8).map { "s\($0)" })
        try list("val.txt", (8..<samples).map { "s\($0)" })
        try list("\(names[0])/classes.txt", ["ground", "road", "house"])
        let article = try #require(Document.all.first { $0.name == "YourOwnData.md" })
        let file = article.steps.lazy.compactMap { step -> String? in
            guard case .file("tasks.yaml", let content) = step else { return nil }
            return content
        }.first
        // The preset keeps what it is under another name.
        var text = try #require(file).replacing("  edge: {}", with: "  edge: {kind: score, score_by: boundaries}")
        for (name, other) in zip(Self.names, names) { text = text.replacing("  \(name):", with: "  \(other):") }
        text += """
            model: {width: 8, aspp: 8, low: 4}
            parallel: {threads: 1}

            """
        try Data(text.utf8).write(to: folder.appendingPathComponent("own.yaml"))
    }

    private static let small = [
        "training.iterations=4", "training.batch=4", "training.validate_every=2", "training.checkpoint_every=2",
        "data.crop=[32, 32]", "data.workers=1",
    ].flatMap { ["--set", $0] }

    /// SHA-256 of every file of a run's model and checkpoints.
    private static func digests(_ run: String) throws -> [String: Data] {
        var digests: [String: Data] = [:]
        for part in ["model", "checkpoints"] {
            for path in try FileManager.default.subpathsOfDirectory(atPath: "\(run)/\(part)") {
                let file = URL(fileURLWithPath: "\(run)/\(part)/\(path)")
                guard !file.hasDirectoryPath, let data = try? Data(contentsOf: file) else { continue }
                digests["\(part)/\(path)"] = data
            }
        }
        return digests
    }

    private static let hostile: [[String]] = [
        names, ["bnorm", "conv", "wt", "flow_2", "weight_g"], ["layer1", "conv1", "image", "model", "a"],
    ]

    @Test(
        "one to four ranks, task groups and a resumed run give the same bits, whatever tasks are called",
        arguments: hostile)
    func training(_ names: [String]) throws {
        try withTemporaryFolder { folder in
            try Self.write(to: folder, names: names)
            let configuration = folder.appendingPathComponent("own.yaml").path
            func run(_ name: String) -> String { folder.appendingPathComponent(name).path }
            func arguments(_ name: String) -> [String] {
                ["train", configuration, "--output", run(name)] + Self.small
            }
            try Program.succeed(arguments("one"))
            let expected = try Self.digests(run("one"))
            #expect(expected.keys.contains("model/tasks/\(names[3]).safetensors"))
            for ranks in [2, 4] {
                let outcome = try Program.run(ranks: ranks, arguments("ranks-\(ranks)"))
                try #require(outcome.status == 0, "\(outcome.errors)")
                #expect(try Self.digests(run("ranks-\(ranks)")) == expected)
            }
            let groups = try Program.run(ranks: 4, arguments("groups") + ["--set", "parallel.task_groups=2"])
            try #require(groups.status == 0, "\(groups.errors)")
            #expect(try Self.digests(run("groups")) == expected)
            try Program.succeed(arguments("resumed"))
            try FileManager.default.removeItem(atPath: run("resumed") + "/checkpoints/00000004")
            try FileManager.default.removeItem(atPath: run("resumed") + "/model/tasks")
            try Program.succeed(arguments("resumed") + ["--resume"])
            #expect(try Self.digests(run("resumed")) == expected)
        }
    }

    @Test("a trained model is scored, shown, predicted with, exported, grown, shrunk and merged", arguments: hostile)
    func using(_ names: [String]) throws {
        try withTemporaryFolder { folder in
            try Self.write(to: folder, names: names)
            let configuration = folder.appendingPathComponent("own.yaml").path
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            try Program.succeed(["data", "check", configuration])
            try Program.succeed(["train", configuration, "--output", path("run")] + Self.small)
            let scores = try Program.succeed(
                ["evaluate", path("run"), configuration, "--save-predictions", path("saved"), "--json"]).output
            let figures = try #require(
                try JSONSerialization.jsonObject(with: Data(scores.utf8)) as? [String: Any])
            let rows = try #require(figures["rows"] as? [[String: Any]])
            for name in names {
                #expect(rows.contains { $0["task"] as? String == name && $0["value"] is Double }, "\(name)")
            }
            let again = try Program.succeed(["evaluate", "--predictions", path("saved"), configuration, "--json"])
                .output
            #expect(again == scores)
            try Program.succeed("report", path("run"))
            let page = try String(contentsOfFile: path("run/report.html"), encoding: .utf8)
            #expect(names.allSatisfy(page.contains))
            try Program.succeed("inspect", path("run"))
            try Program.succeed("predict", path("run"), path("mydata/images/s9.png"), "--output", path("answers"))
            for name in names {
                #expect(FileManager.default.fileExists(atPath: path("answers/s9-\(name)-overlay.png")), "\(name)")
            }
            try Program.succeed("export", path("run"), "--to", path("all.onnx"))
            try compareWithONNXRuntime(names, path)

            try FileManager.default.copyItem(atPath: path("run/model"), toPath: path("grown"))
            func tasks(_ model: String) throws -> [String: Data] {
                Dictionary(
                    uniqueKeysWithValues: try FileManager.default.contentsOfDirectory(atPath: path(model) + "/tasks")
                        .map {
                            ($0, try Data(contentsOf: URL(fileURLWithPath: path(model) + "/tasks/" + $0)))
                        })
            }
            let before = try tasks("grown")
            try Program.succeed(
                ["add", "depth", "--to", path("grown"), configuration, "--output", path("depth")] + Self.small)
            var after = try tasks("grown")
            #expect(after.removeValue(forKey: "depth.safetensors") != nil && after == before)
            try Program.succeed("remove", names[0], "--from", path("grown"))
            #expect(try tasks("grown")[names[0] + ".safetensors"] == nil)
            try Program.succeed("merge-models", path("run/model"), path("grown"), "--output", path("merged"))
            #expect(try tasks("merged").count == 6)
            try Program.succeed("evaluate", path("merged"), configuration)
        }
    }

    /// Within 1e-4, absolutely or as a share; see the script.
    private func compareWithONNXRuntime(_ names: [String], _ path: (String) -> String) throws {
        guard Python.has("numpy", "onnx", "onnxruntime") else { return }
        let image = try ImageFile.read(path("mydata/images/s9.png")).rgbMap
        try Data(NumPyArray.encoded(image.values, shape: [image.height, image.width, 3]))
            .write(to: URL(fileURLWithPath: path("s9.npy")))
        let outcome = try Python.run(
            script: "InferenceTests/Scripts/run_onnx.py",
            [path("all.onnx"), path("s9.npy")] + names.map { "\($0)=\(path("answers/s9-\($0).npy"))" })
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    @Test("a run starts from the weights of another, with a new last layer where classes have changed")
    func fineTuning() throws {
        try withTemporaryFolder { folder in
            try Self.write(to: folder, names: Self.names)
            let configuration = folder.appendingPathComponent("own.yaml").path
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            func train(_ name: String, _ more: String...) throws -> String {
                try Program.succeed(["train", configuration, "--output", path(name)] + Self.small + more).output
            }
            _ = try train("first")
            // A rate at which nothing moves: the model is the one that it started from.
            let still = ["--set", "training.learning_rate=1e-30"]
            for source in ["first", "first/model", "first/checkpoints/00000004"] {
                let run = "from-" + source.replacing("/", with: "-")
                let outcome = try Program.run(
                    ["train", configuration, "--from", path(source), "--output", path(run)] + Self.small + still)
                try #require(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.output.contains("starts from the weights of \(path(source))"), "\(outcome.output)")
                #expect(!outcome.output.contains("last layer"))
                let own = try Program.succeed("inspect", path(run), "--json").output
                #expect(own.contains("crops"))
            }
            try Data("ground\nroad\nhouse\nriver\n".utf8)
                .write(to: URL(fileURLWithPath: path("mydata/roads/classes.txt")))
            let changed = try Program.run(
                ["train", configuration, "--from", path("first"), "--output", path("changed")] + Self.small)
            try #require(changed.status == 0, "\(changed.errors)")
            #expect(changed.output.contains("roads gets a new last layer"), "\(changed.output)")
            #expect(!changed.output.contains("crops gets"))
            let refused = try Program.run(
                ["train", configuration, "--from", path("first"), "--output", path("other")] + Self.small
                    + ["--set", "tasks={roads: {kind: score}}"])
            #expect(
                refused.status == 1 && refused.errors.contains("is of kind classes and not score"), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: path("other")))
        }
    }

    @Test(
        "names that cannot be files or keys are refused in one sentence",
        arguments: [
            "Roads", "images", "../x", "a-b", "a.b", "a b", "1a", "_a", "ä", String(repeating: "a", count: 41), "",
        ])
    func hostileNames(_ name: String) throws {
        try withTemporaryFolder { folder in
            let configuration = folder.appendingPathComponent("own.yaml")
            try Data("tasks: {\"\(name)\": {kind: score}}\n".utf8).write(to: configuration)
            let outcome = try Program.run("train", configuration.path, "--output", folder.path + "/run")
            #expect(outcome.status == 2 && outcome.errors.contains("cannot be a name in tasks"), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
    }
}
