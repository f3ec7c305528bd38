import Datasets
import Foundation
import ProgramTesting
import Testing

/// Samples that have labels for some of the tasks train and validate those.
@Suite struct MissingLabelTests {
    private static let small = [
        "model.width=8", "model.aspp=8", "model.low=4", "training.iterations=4", "training.batch=3",
        "training.validate_every=2", "training.checkpoint_every=1", "output.keep_checkpoints=8", "data.crop=[32, 32]",
        "data.workers=1", "parallel.threads=1", "tasks={semseg: {}, depth: {}}",
    ].flatMap { ["--set", $0] }

    private static let allow = ["--set", "data.missing_labels=allow"]

    /// Two of four training samples and one of two validation samples lose their depth, and one its classes.
    private static func removeSome(_ data: UserData) throws {
        for path in ["depth/0.npy", "depth/2.npy", "depth/4.npy", "semseg/1.png"] { try data.remove(path) }
    }

    @Test(
        "they train to the same bits as labels of which nothing is known, on 1, 2 and 3 ranks",
        arguments: ["rcm", "conv"])
    func sameBits(_ method: String) throws {
        try UserData.with(task: "semseg") { data, configuration in
            let folder = data.root.deletingLastPathComponent().path
            let options = Self.small + Self.allow + ["--set", "model.method=\(method)"]
            func run(_ name: String, ranks: Int) throws -> (files: [String: Data], figures: String) {
                let train = ["train", configuration, "--output", "\(folder)/\(name)"] + options
                let outcome = try ranks == 1 ? Program.run(train) : Program.run(ranks: ranks, train)
                try #require(outcome.status == 0, "\(outcome.errors)")
                let scored = ["evaluate", "\(folder)/\(name)", configuration, "--json"] + options
                let scores = try ranks == 1 ? Program.run(scored) : Program.run(ranks: ranks, scored)
                try #require(scores.status == 0, "\(scores.errors)")
                return (try LabelConventionTests.files("\(folder)/\(name)"), scores.output)
            }
            try data.array("depth/0", [Float](repeating: 0, count: UserData.pixels))
            try data.array("depth/2", [Float](repeating: -1, count: UserData.pixels))
            try data.array("depth/4", [Float](repeating: .nan, count: UserData.pixels))
            try data.png("semseg/1", .grey([UInt8](repeating: 255, count: UserData.pixels)))
            let expected = try run("unknown", ranks: 1)
            try Self.removeSome(data)
            for ranks in 1...3 {
                let other = try run("ranks\(ranks)", ranks: ranks)
                #expect(other.files == expected.files, "\(ranks) ranks")
                #expect(other.figures == expected.figures.replacing("/unknown", with: "/ranks\(ranks)"))
                #expect(!other.figures.lowercased().contains("nan"))
            }
        }
    }

    @Test("train and data check say how many samples have which label")
    func counts() throws {
        try UserData.with(task: "depth") { data, configuration in
            let folder = data.root.deletingLastPathComponent().path
            try Self.removeSome(data)
            let refused = try Program.run(["train", configuration, "--output", "\(folder)/run"] + Self.small)
            #expect(
                refused.status == 2 && refused.errors.contains("the label of depth is missing"), "\(refused.errors)")
            #expect(refused.errors.contains("3 more files are missing"), "\(refused.errors)")

            let checked = try Program.succeed(["data", "check", configuration] + Self.small + Self.allow)
            #expect(checked.output.contains("semseg: 5 of 6 samples have a label\n"), "\(checked.output)")
            #expect(checked.output.contains("depth: 3 of 6 samples have a label\n"), "\(checked.output)")
            #expect(checked.output.contains("0 problems\n"), "\(checked.output)")
            let trained = try Program.succeed(
                ["train", configuration, "--output", "\(folder)/run"] + Self.small + Self.allow)
            let said = trained.output + trained.errors
            #expect(
                said.contains("depth: 2 of 4 training samples have a label, and 1 of 2 validation samples"), "\(said)")

            // In a layout of one's own it is the same.
            let files =
                "{image: 'images/{id}.png', semseg: 'semseg/{id}.png', depth: 'depth/{id}.npy', "
                + "train: train.txt, validation: val.txt}"
            try Program.succeed(
                ["train", configuration, "--output", "\(folder)/files", "--set", "data.dataset=files"] + Self.small
                    + Self.allow + ["--set", "data.files=\(files)"])
            #expect(
                try LabelConventionTests.files("\(folder)/files") == LabelConventionTests.files("\(folder)/run"))

            // A label that is there and damaged is none that is missing; neither is a task that no sample knows.
            try data.write("text", "depth/1.npy")
            let damaged = try Program.run(["data", "check", configuration] + Self.small + Self.allow)
            #expect(damaged.status == 1 && damaged.errors.contains("depth/1.npy"), "\(damaged.errors)")
            for index in [1, 3] { try data.remove("depth/\(index).npy") }
            let none = try Program.run(
                ["train", configuration, "--output", "\(folder)/none"] + Self.small + Self.allow)
            #expect(
                none.status == 2 && none.errors.contains("no training sample has a label of depth"), "\(none.errors)")
        }
    }

    @Test(
        "a batch without a label of a task changes nothing of that task",
        arguments: [
            ["model.method=rcm"], ["model.method=conv", "training.average.type=ema"], ["training.optimizer=adamw"],
        ])
    func nothingChanges(_ more: [String]) throws {
        try UserData.with(task: "semseg") { data, configuration in
            let folder = data.root.deletingLastPathComponent().path
            // Two samples a step: each of the four comes once in two steps, and one of them knows depth.
            for index in 0..<3 { try data.remove("depth/\(index).npy") }
            try Program.succeed(
                ["train", configuration, "--output", "\(folder)/run"] + Self.small + Self.allow
                    + (["training.batch=2", "training.validate_every=0"] + more).flatMap { ["--set", $0] })
            let states = try (1...4).map { try Self.tensors("\(folder)/run/checkpoints/0000000\($0)") }
            let names = states[0].keys.filter { $0.split(separator: " ")[1].contains("depth") }
            #expect(names.count > 20 && states[0].keys.contains { $0.contains("semseg") })
            let changes = zip(states, states.dropFirst()).map { before, after in
                names.count { before[$0] != after[$0] }
            }
            // It comes in the first or second step, and in the third or fourth.
            #expect(changes.count { $0 > 0 } == (changes[0] > 0 ? 2 : 1), "\(changes)")
            for (before, after) in zip(states, states.dropFirst()) {
                let changed = before.keys.filter { $0.contains("semseg") && before[$0] != after[$0] }
                #expect(changed.count > 20)
            }
        }
    }

    /// The bytes of all tensors of a checkpoint, by file and name.
    private static func tensors(_ folder: String) throws -> [String: Data] {
        var tensors: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".safetensors") {
            let file = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
            let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            let header = try #require(
                JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(length)) as? [String: [String: Any]])
            for (tensor, entry) in header {
                guard let offsets = entry["data_offsets"] as? [Int] else { continue }
                tensors["\(name) \(tensor)"] = file[(8 + length + offsets[0])..<(8 + length + offsets[1])]
            }
        }
        return tensors
    }
}
