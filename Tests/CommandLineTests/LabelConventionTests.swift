import Datasets
import Foundation
import ProgramTesting
import Testing

/// Labels that are written as other people write them train, score and go on as those that need no word, to the bit.
@Suite struct LabelConventionTests {
    /// The same labels twice: as they are read by themselves, and by a convention.
    struct Pair: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let task: String
        let labels: String
        let plain: @Sendable (UserData) throws -> Void
        let other: @Sendable (UserData) throws -> Void

        init(
            _ name: String, _ task: String, _ labels: String, plain: @escaping @Sendable (UserData) throws -> Void,
            other: @escaping @Sendable (UserData) throws -> Void
        ) {
            (testDescription, self.task, self.labels, self.plain, self.other) = (name, task, labels, plain, other)
        }

        /// What follows the configuration on the command line.
        var setting: [String] { ["--set", "tasks.\(task).labels=\(labels)"] }
    }

    /// Metres that float32 and one by metres hold exactly; unknown in three rows.
    private static let metres: [Float] = (0..<UserData.pixels).map {
        $0 < 3 * UserData.width ? 0 : [1, 2, 4][$0 / 7 % 3]
    }

    private static func plainDepth(_ data: UserData) throws {
        for index in 0..<6 { try data.array("depth/\(index)", metres) }
    }

    private static func pngs(_ data: UserData, _ folder: String, _ pixels: PNGFile.Pixels) throws {
        for index in 0..<6 {
            for form in ["npy", "png"] { try? data.remove("\(folder)/\(index).\(form)") }
            try data.png("\(folder)/\(index)", pixels)
        }
    }

    private static let cityscapes = [
        "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation",
        "terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
    ]

    static let pairs: [Pair] = [
        Pair("void-first", "semseg", "{map: void-first}") { _ in
        } other: { data in
            try data.write("void\nbackground\nb\nc\n", "semseg/classes.txt")
            try data.everyClassMap { $0 == 255 ? 0 : $0 + 1 }
        },
        Pair("a map of 16 bits", "semseg", "{map: {300: 0, 8: 1, 999: 2}, ignore: [0]}") { _ in
        } other: { data in
            let numbers: [UInt8: UInt16] = [0: 300, 1: 8, 2: 999, 255: 0]
            try pngs(data, "semseg", .grey16(UserData.classes.map { numbers[$0]! }))
        },
        Pair("others are unknown", "semseg", "{other: ignore}") { _ in
        } other: {
            try $0.everyClassMap { $0 == 255 ? 77 : $0 }
        },
        Pair("cityscapes", "semseg", "{map: cityscapes}") {
            try $0.write(cityscapes.map { $0 + "\n" }.joined(), "semseg/classes.txt")
        } other: { data in
            try data.remove("semseg/classes.txt")
            try data.everyClassMap { [0: 7, 1: 8, 2: 11, 255: 4][$0]! }
        },
        Pair("a mask of 0 and 255", "semseg", "{map: {0: 0, 255: 1}}") { data in
            try data.write("background\nb\n", "semseg/classes.txt")
            try data.everyClassMap { $0 == 2 ? 1 : 0 }
        } other: {
            try $0.everyClassMap { $0 == 2 ? 255 : 0 }
        },
        Pair("colours", "semseg", "{colours: {background: [0, 0, 0], c: [9, 8, 7], b: [1, 2, 3], ignore: [255, 0, 0]}}")
        {
            _ in
        } other: { data in
            let colours: [UInt8: [UInt8]] = [0: [0, 0, 0], 1: [1, 2, 3], 2: [9, 8, 7], 255: [255, 0, 0]]
            try pngs(data, "semseg", .rgb(UserData.classes.flatMap { colours[$0]! }))
        },
        Pair("256 a metre", "depth", "{unit: 1/256}", plain: plainDepth) {
            try pngs($0, "depth", .grey16(metres.map { UInt16($0 * 256) }))
        },
        Pair("integers in an array", "depth", "{unit: 0.5, max: 4}", plain: plainDepth) { data in
            for index in 0..<6 {
                try data.integers("depth/\(index)", "<u2", metres.map { $0 == 0 ? 999 : Int($0 * 2) })
            }
        },
        Pair("one by metres", "depth", "{inverse: true}", plain: plainDepth) { data in
            for index in 0..<6 { try data.array("depth/\(index)", metres.map { $0 == 0 ? 0 : 1 / $0 }) }
        },
        Pair("vectors of a camera that looks along z", "normals", "{axes: [x, -y, -z]}") {
            try $0.normals { $0 }
        } other: { data in
            let vector: [Float] = [0.3, -0.1, -0.95].map { $0 / Float(1.0025).squareRoot() }
            for index in 0..<6 {
                try data.array("normals/\(index)", (0..<UserData.pixels).flatMap { _ in vector }, channels: 3)
            }
        },
        Pair("bytes of vectors in an array", "normals", "{encoding: unsigned}") { _ in
        } other: { data in
            for index in 0..<6 {
                try data.remove("normals/\(index).png")
                let bytes = (0..<UserData.pixels).flatMap { _ in [128, 128, 255] }
                try data.integers("normals/\(index)", "|u1", bytes, channels: 3)
            }
        },
        Pair("a mask of 0 and 1", "sal", "{threshold: 0}") { _ in
        } other: {
            try pngs($0, "sal", .grey(UserData.classes.map { $0 == 2 ? 1 : 0 }))
        },
    ]

    static let small = [
        "model.width=8", "model.aspp=8", "model.low=4", "training.iterations=4", "training.batch=2",
        "training.validate_every=2", "training.checkpoint_every=2", "data.crop=[32, 32]", "data.workers=1",
        "parallel.threads=1",
    ].flatMap { ["--set", $0] }

    /// The bytes of a run's model and checkpoints.
    static func files(_ run: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for part in ["model", "checkpoints"] {
            for path in try FileManager.default.subpathsOfDirectory(atPath: "\(run)/\(part)") {
                let file = URL(fileURLWithPath: "\(run)/\(part)/\(path)")
                guard !file.hasDirectoryPath, let data = try? Data(contentsOf: file) else { continue }
                files["\(part)/\(path)"] = data
            }
        }
        return files
    }

    @Test("training, evaluation and predictions come to the same bits", arguments: pairs)
    func sameBits(_ pair: Pair) throws {
        try UserData.with(task: pair.task) { data, configuration in
            let folder = data.root.deletingLastPathComponent().path
            func train(_ name: String, _ more: [String]) throws -> [String: Data] {
                try Program.succeed(["train", configuration, "--output", "\(folder)/\(name)"] + Self.small + more)
                return try Self.files("\(folder)/\(name)")
            }
            func figures(_ arguments: [String]) throws -> String {
                try Program.succeed(["evaluate"] + arguments + ["--json"]).output
            }
            try pair.plain(data)
            let expected = try train("plain", [])
            #expect(expected.keys.contains("model/tasks/\(pair.task).safetensors"))
            let scores = try figures(["\(folder)/plain", configuration, "--save-predictions", "\(folder)/saved"])

            try pair.other(data)
            let checked = try Program.succeed(["data", "check", configuration] + pair.setting)
            #expect(checked.output.contains(", 0 problems"), "\(checked.output)\(checked.errors)")
            #expect(try train("other", pair.setting) == expected)
            #expect(try figures(["\(folder)/plain", configuration] + pair.setting) == scores)
            // Predictions are classes, metres and unit vectors, whatever the files of the truth are.
            #expect(try figures(["--predictions", "\(folder)/saved", configuration] + pair.setting) == scores)
            let kept = try String(contentsOfFile: "\(folder)/other/config.yaml", encoding: .utf8)
            #expect(kept.contains("    labels:\n"), "\(kept)")
        }
    }

    @Test("a convention is part of a run: on two ranks, when it goes on, and for one more task")
    func runs() throws {
        try UserData.with(task: "depth") { data, configuration in
            let folder = data.root.deletingLastPathComponent().path
            let setting = ["--set", "tasks.depth.labels={unit: 1/256}"]
            func train(_ name: String, _ more: [String] = []) -> [String] {
                ["train", configuration, "--output", "\(folder)/\(name)"] + Self.small + more
            }
            try Self.plainDepth(data)
            try Program.succeed(train("plain"))
            let expected = try Self.files("\(folder)/plain")
            // A model with another task, to which depth is added.
            try Program.succeed(train("first", ["--set", "tasks={semseg: {}}"]))
            func add(_ name: String, _ more: [String]) throws -> Data {
                try FileManager.default.copyItem(atPath: "\(folder)/first/model", toPath: "\(folder)/\(name)")
                try Program.succeed(
                    ["add", "depth", "--to", "\(folder)/\(name)", configuration, "--output", "\(folder)/\(name)-run"]
                        + Self.small + more)
                return try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)/tasks/depth.safetensors"))
            }
            let added = try add("grown", [])

            try Self.pngs(data, "depth", .grey16(Self.metres.map { UInt16($0 * 256) }))
            #expect(try add("grown-other", setting) == added)
            let ranks = try Program.run(ranks: 2, train("ranks", setting))
            try #require(ranks.status == 0, "\(ranks.errors)")
            #expect(try Self.files("\(folder)/ranks") == expected)

            try Program.succeed(train("resumed", setting))
            try FileManager.default.removeItem(atPath: "\(folder)/resumed/checkpoints/00000004")
            try FileManager.default.removeItem(atPath: "\(folder)/resumed/model/tasks")
            let refused = try Program.run(train("resumed", ["--resume"]))
            #expect(refused.status == 2, "\(refused.errors)")
            #expect(refused.errors.contains("tasks.depth.labels.unit: 0.00390625 -> null"), "\(refused.errors)")
            try Program.succeed(train("resumed", setting + ["--resume"]))
            #expect(try Self.files("\(folder)/resumed") == expected)
        }
    }

    @Test("what a convention does not fit is refused in one sentence, and no task is written")
    func refusals() throws {
        try UserData.with(task: "semseg") { data, configuration in
            let folder = data.root.deletingLastPathComponent().path
            func train(_ labels: String) throws -> Program.Outcome {
                try Program.run(
                    ["train", configuration, "--output", "\(folder)/run", "--set", "tasks.semseg.labels=\(labels)"]
                        + Self.small)
            }
            for (labels, status, part) in [
                ("{unit: 1}", 2, "tasks.semseg.labels.unit is for tasks of kind distance"),
                ("{map: {0: 0, 1: 1, 2: 7}}", 1, "tasks.semseg.labels.map: 2 is class 7, and classes are 0 to 2"),
                ("{map: {0: 0, 1: 1}}", 1, "has the number 2, which tasks.semseg.labels.map does not list"),
                ("{map: cityscapes}", 1, "cityscapes has 19 classes and the list of classes has 3"),
                ("{colours: {b: [1, 2, 3]}}", 1, "has the colour [255, 255, 255]"),
            ] as [(String, Int32, String)] {
                let outcome = try train(labels)
                #expect(outcome.status == status && outcome.errors.contains(part), "\(outcome.errors)")
                #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
                #expect(!FileManager.default.fileExists(atPath: "\(folder)/run/model/tasks/semseg.safetensors"))
                try? FileManager.default.removeItem(atPath: "\(folder)/run")
            }
        }
    }

    /// One line for all samples that are wrong in the same way, but for the first few.
    @Test func numbersThatNoListHasAreSummedUp() throws {
        try UserData.with(task: "semseg") { data, configuration in
            try data.everyClassMap { $0 == 255 ? 254 : $0 }
            let outcome = try Program.run("data", "check", configuration)
            #expect(outcome.status == 1 && outcome.errors.contains("and 3 more like the last one"), "\(outcome.errors)")
            #expect(outcome.errors.contains("tasks.semseg.labels: {ignore: [254]}"), "\(outcome.errors)")
            try Program.succeed("data", "check", configuration, "--set", "tasks.semseg.labels={ignore: [254]}")
        }
    }

    /// The advice of `evaluate` can be followed where there is nothing to train on.
    @Test func oneListIsCheckedAlone() throws {
        try UserData.with(task: "semseg") { data, configuration in
            try data.remove("train.txt")
            try data.remove("semseg/5.png")
            let folder = data.root.deletingLastPathComponent().path
            let outcome = try Program.run("evaluate", "--predictions", folder, configuration)
            #expect(outcome.status == 2, "\(outcome.errors)")
            #expect(outcome.errors.contains("modulor data check CONFIG --split val lists"), "\(outcome.errors)")
            #expect(!outcome.errors.contains("more"), "\(outcome.errors)")
            let checked = try Program.run(
                "data", "check", configuration, "--split", "val", "--html", "--output", folder)
            #expect(
                checked.status == 1 && checked.output.contains("2 samples of val, 1 problem\n"), "\(checked.output)")
            #expect(checked.errors.contains("the label of semseg is missing"), "\(checked.errors)")
            let page = try String(contentsOfFile: "\(folder)/data.html", encoding: .utf8)
            #expect(page.contains("2 samples of val") && page.contains("<td>val</td>"))
            try data.everyClassMap { $0 }
            let sound = try Program.succeed("data", "check", configuration, "--split", "val")
            #expect(sound.output.contains("2 samples of val, 0 problems\n"))
        }
    }

    /// Files of scores hold what comes before the sigmoid; probabilities there are worth a word.
    @Test func probabilitiesAreNamed() throws {
        try UserData.with(task: "sal") { data, configuration in
            let folder = data.root.deletingLastPathComponent()
            let saved = folder.appendingPathComponent("saved/sal")
            try FileManager.default.createDirectory(at: saved, withIntermediateDirectories: true)
            func evaluate(_ score: (UInt8) -> Float) throws -> String {
                for index in 4...5 {
                    let bytes = NumPyArray.encoded(
                        UserData.classes.map(score), shape: [UserData.height, UserData.width])
                    try Data(bytes).write(to: saved.appendingPathComponent("\(index).npy"))
                }
                return try Program.succeed(
                    "evaluate", "--predictions", folder.appendingPathComponent("saved").path, configuration
                ).errors
            }
            let warned = try evaluate { $0 == 2 ? 0.9 : 0.1 }
            #expect(warned.contains("warning: all scores of sal are from 0 to 1"), "\(warned)")
            #expect(warned.contains("save log(p / (1 - p))"), "\(warned)")
            #expect(try evaluate { $0 == 2 ? 2 : -2 } == "")
            #expect(try evaluate { _ in 0 } == "")
        }
    }
}
