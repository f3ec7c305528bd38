import Datasets
import Foundation
import Testing

/// What a fresh tester broke: requests that would have lost files, or that gave figures which mean something else.
@Suite struct NothingLostTests {
    /// Trains a small model of `task` for one step, and gives its run.
    private static func train(_ data: UserData, _ configuration: String, _ settings: String...) throws -> String {
        let run = data.root.path + "/../run"
        try Program.succeed(["train", configuration, "--output", run] + small(settings))
        return run
    }

    private static func small(_ settings: [String] = []) -> [String] {
        ([
            "model.width=4", "model.aspp=8", "model.low=4", "training.batch=2", "training.iterations=1",
            "data.workers=1", "parallel.threads=1",
        ] + settings).flatMap { ["--set", $0] }
    }

    /// Expects one sentence with every part, and the status.
    private static func expectRefusal(_ command: [String], status: Int32 = 2, _ parts: String...) throws {
        let outcome = try Program.run(command)
        #expect(outcome.status == status, "\(command): \(outcome.output)\(outcome.errors)")
        for part in parts { #expect(outcome.errors.contains(part), "\(part): \(outcome.errors)") }
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }

    @Test("predictions are not saved over the labels that they are scored against, by any way there")
    func labelsStay() throws {
        try UserData.with(task: "depth") { data, configuration in
            let run = try Self.train(data, configuration)
            let label = try Data(contentsOf: data.root.appendingPathComponent("depth/4.npy"))
            try FileManager.default.createSymbolicLink(
                atPath: data.root.path + "/../way", withDestinationPath: data.root.path)
            for folder in [data.root.path, data.root.path + "/../way"] {
                try Self.expectRefusal(
                    ["evaluate", run, configuration, "--save-predictions", folder],
                    "holds the labels of depth, which predictions would replace")
            }
            #expect(try Data(contentsOf: data.root.appendingPathComponent("depth/4.npy")) == label)
            // Beside them there is room.
            try Program.succeed("evaluate", run, configuration, "--save-predictions", data.root.path + "/predicted")
        }
    }

    @Test("a list does not lead out of its folder")
    func lists() throws {
        try UserData.with(task: "depth") { data, configuration in
            for name in ["../../q", "part/../../q", "/etc/hostname"] {
                try data.write("0\n\(name)\n", "val.txt")
                try Self.expectRefusal(
                    ["data", "check", configuration], status: 1,
                    "val.txt: it lists \(name), which leads out of the folder")
            }
            try data.write("0\n\u{1B}[31m1\n", "val.txt")
            try Self.expectRefusal(["data", "check", configuration], status: 1, "it lists ?[31m1")
        }
    }

    @Test("an export does not replace a file of the model that it reads")
    func export() throws {
        try UserData.with(task: "depth") { data, configuration in
            let run = try Self.train(data, configuration)
            for name in ["tasks/depth.safetensors", "bank.safetensors"] {
                let before = try Data(contentsOf: URL(fileURLWithPath: "\(run)/model/\(name)"))
                try Self.expectRefusal(
                    ["export", run, "--to", "\(run)/model/\(name)"], "is a file of the model itself")
                #expect(try Data(contentsOf: URL(fileURLWithPath: "\(run)/model/\(name)")) == before)
            }
        }
    }

    @Test("what a command writes has the ending of its kind, so that a configuration is not written over")
    func endings() throws {
        try UserData.with(task: "depth") { data, configuration in
            let before = try Data(contentsOf: URL(fileURLWithPath: configuration))
            let run = data.root.path + "/../run"
            for (command, part) in [
                (
                    ["train", configuration, "--output", run, "--trace", configuration],
                    "--trace names a file that ends in .json"
                ),
                (["report", run, "--to", configuration], "--to names a file that ends in .html"),
            ] {
                let outcome = try Program.run(command)
                #expect(outcome.status == 2 && outcome.errors.contains(part), "\(outcome.errors)")
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: configuration)) == before)
            try Self.expectRefusal(
                ["data", "check", configuration, "--set", "data.root=\(data.root.path)/nothere"], status: 1,
                "nothere: there is no such folder; name the folder of the data with data.root")
        }
    }

    @Test("two predictions of a sample, whole numbers as metres and a folder that is not there are refused")
    func predictions() throws {
        try UserData.with(task: "depth") { data, configuration in
            let command = ["evaluate", "--predictions", data.root.path + "/p", configuration]
            try Self.expectRefusal(command, "p/depth is not there: save a prediction of every sample")
            try FileManager.default.createDirectory(
                at: data.root.appendingPathComponent("p/depth"), withIntermediateDirectories: true)
            for name in ["4", "5"] {
                try data.integers("p/depth/\(name)", "<u2", UserData.depth.map { Int($0 * 1000) })
            }
            try Self.expectRefusal(command, status: 1, "4.npy: it is an array of integers", "array / 1000")
            for name in ["4", "5"] { try data.array("p/depth/\(name)", UserData.depth) }
            try data.png("p/depth/5", .grey16([UInt16](repeating: 9000, count: UserData.pixels)))
            try Self.expectRefusal(command, status: 1, "5.png is there as well", "remove the one that is not meant")
        }
    }

    @Test("a figure that a task has not is named with those that it has")
    func figures() throws {
        try UserData.with(task: "semseg") { data, configuration in
            let settings = Self.small(["tasks.semseg.metric=nonsense"])
            for command in [
                ["train", configuration, "--output", data.root.path + "/../run"] + settings,
                ["data", "check", configuration, "--set", "tasks.semseg.metric=nonsense"],
            ] {
                try Self.expectRefusal(
                    command, "tasks.semseg.metric: classes has no figure nonsense; it has mean_iou, ")
            }
            try Program.succeed("data", "check", configuration, "--set", "tasks.semseg.metric=pixel_accuracy")
        }
    }

    @Test("a model is not scored by classes in another order")
    func classes() throws {
        try UserData.with(task: "semseg") { data, _ in
            let configuration = data.root.path + "/../own.yaml"
            try """
            tasks: {kinds: {kind: classes, labels: {map: {0: 0, 1: 1, 2: 2, 255: ignore}}}}
            data: {dataset: folder, root: \(data.root.path), crop: [64, 64]}
            """.write(toFile: configuration, atomically: true, encoding: .utf8)
            try data.move("semseg", "kinds")
            let run = try Self.train(data, configuration)
            try data.write("background\nc\nb\n", "kinds/classes.txt")
            try Self.expectRefusal(
                ["evaluate", run, configuration], "trained with 'b' as class 1 of kinds, and the data set has 'c' there"
            )
        }
    }

    @Test("what no machine has memory for is said before it is taken")
    func memory() throws {
        try UserData.with(task: "depth") { data, configuration in
            for setting in ["training.batch=1000000", "model.width=4096"] {
                try Self.expectRefusal(
                    ["train", configuration, "--output", data.root.path + "/../run"] + Self.small([setting]),
                    "a step needs ", " GB of memory for ", "lower training.batch")
            }
            #expect(!FileManager.default.fileExists(atPath: data.root.path + "/../run"))
        }
    }

    @Test("samples that are trained on and validated on are told of")
    func leak() throws {
        try UserData.with(task: "depth") { data, configuration in
            try data.write("4\n0\n", "val.txt")
            let outcome = try Program.succeed(
                ["train", configuration, "--output", data.root.path + "/../run"] + Self.small())
            #expect(
                outcome.output.contains(
                    "1 of 2 validation samples are in the training list too, the first of which is 0"))
        }
    }

    @Test("a run that has done nothing begins with data that was mended, and a run that lost its model says so")
    func mendedData() throws {
        try UserData.with(task: "semseg") { data, configuration in
            let good = try Data(contentsOf: data.root.appendingPathComponent("semseg/0.png"))
            for name in ["0", "1", "2", "3"] {
                try data.png("semseg/\(name)", .grey([UInt8](repeating: 9, count: UserData.pixels)))
            }
            let command =
                ["train", configuration, "--output", data.root.path + "/../run", "--resume"] + Self.small()
            let stopped = try Program.run(command)
            #expect(stopped.status == 1 && stopped.errors.contains("has the class 9"), "\(stopped.errors)")
            for name in ["0", "1", "2", "3"] { try data.write(good, "semseg/\(name).png") }
            try Program.succeed(command)
            try FileManager.default.removeItem(atPath: data.root.path + "/../run/model")
            try Self.expectRefusal(command, "has lost its model; put the folder model back")
        }
    }
}
