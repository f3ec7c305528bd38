import Datasets
import Foundation
import ProgramTesting
import Testing

/// Real jobs of several ranks give the files of one process, byte for byte.
@Suite(.serialized) struct RanksTests {
    private func configuration(in folder: URL) throws -> String {
        let path = folder.appendingPathComponent("run.yaml").path
        try """
        model: {width: 4, method: rcm, aspp: 8, low: 4}
        tasks: {semseg: {weight: 1}, normals: {weight: 10}, human_parts: {weight: 2}}
        data: {crop: [41, 48], workers: 1, rooms: {train: 14, validation: 5, size: [40, 48]}}
        training: {iterations: 4, batch: 12, validate_every: 3, checkpoint_every: 2, learning_rate: 0.01}
        parallel: {threads: 1, bucket_bytes: 16384}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// The files in some folders of a run; without their names, the model's and the last checkpoint's.
    private func files(
        _ run: URL, in folders: [String] = ["model", "model/tasks", "checkpoints/00000004"]
    ) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for folder in folders {
            let path = run.appendingPathComponent(folder)
            for name in try FileManager.default.contentsOfDirectory(atPath: path.path) where name.contains(".") {
                files["\(folder)/\(name)"] = try Data(contentsOf: path.appendingPathComponent(name))
            }
        }
        return files
    }

    /// What is shown of a run, without speeds and times.
    private struct Watched: Decodable, Equatable {
        struct Row: Decodable, Equatable {
            let task: String
            let loss: Double?
            let metric: String?
            let value: Double?
            let constant: Double?
        }

        let state: String
        let step: Int
        let rows: [Row]
    }

    private func watched(_ run: URL) throws -> Watched {
        try JSONDecoder().decode(Watched.self, from: Data(Program.succeed("watch", run.path, "--json").output.utf8))
    }

    private func train(
        _ configuration: String, in folder: URL, ranks: Int, run: String, _ more: [String] = []
    ) throws -> Program.Outcome {
        let output = folder.appendingPathComponent(run).path
        return try Program.run(ranks: ranks, ["train", configuration, "--output", output] + more)
    }

    @Test(
        arguments: zip(
            [
                ["training.batch=12"], ["training.batch=7", "parallel.task_groups=2"], ["training.batch=8"],
                ["training.batch=8", "model.method=conv"], ["training.batch=12", "parallel.task_groups=auto"],
                ["training.batch=7", "model.backbone=resnet50"], ["model.method=ra_series"],
            ],
            ["winograd", "direct", "direct", "auto", "auto", "auto", "auto"]))
    func filesAndFiguresDoNotDependOnRanks(_ overrides: [String], convolution: String) throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            let options = overrides.flatMap { ["--set", $0] } + ["--convolution", convolution]
            let alone = folder.appendingPathComponent("alone")
            let outcome = try Program.run(["train", configuration, "--output", alone.path] + options)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let expected = try files(alone)
            #expect(expected.count >= 7)
            // Losses and figures are in no file of the model: ranks that do not add them up would still learn the same.
            let told = try watched(alone)
            #expect(told.state == "finished" && told.step == 4)
            #expect(told.rows.map(\.task) == ["semseg", "normals", "human_parts"])
            #expect(told.rows.allSatisfy { $0.loss != nil })
            // No picture may show a person, of whose parts there is no figure then.
            #expect(told.rows.prefix(2).allSatisfy { $0.value != nil && $0.constant != nil })
            for ranks in 2...4 {
                let outcome = try train(configuration, in: folder, ranks: ranks, run: "\(ranks)", options)
                #expect(outcome.status == 0, "\(outcome.errors)")
                let run = folder.appendingPathComponent("\(ranks)")
                let isSame = try files(run) == expected
                #expect(isSame, "\(ranks) ranks")
                #expect(try watched(run) == told, "\(ranks) ranks")
            }
        }
    }

    @Test func aRunGoesOnWithAnotherNumberOfRanks() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            #expect(try train(configuration, in: folder, ranks: 1, run: "whole").status == 0)
            let groups = ["--set", "parallel.task_groups=2"]
            #expect(try train(configuration, in: folder, ranks: 3, run: "parts", groups).status == 0)
            // What was saved after step 2 is all that is left of the run.
            let parts = folder.appendingPathComponent("parts")
            try FileManager.default.removeItem(at: parts.appendingPathComponent("checkpoints/00000004"))
            try FileManager.default.removeItem(at: parts.appendingPathComponent("model/tasks"))
            let outcome = try train(
                configuration, in: folder, ranks: 2, run: "parts", ["--resume", "--set", "parallel.task_groups=auto"])
            #expect(outcome.status == 0 && outcome.output.contains("resuming after step 2"), "\(outcome.errors)")
            let isSame = try files(parts) == files(folder.appendingPathComponent("whole"))
            #expect(isSame)
        }
    }

    /// With other algorithms a run would go on with other roundings; what is left open is as it was.
    @Test func aResumedRunKeepsItsAlgorithms() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            let direct = ["--convolution", "direct"]
            #expect(try train(configuration, in: folder, ranks: 1, run: "whole", direct).status == 0)
            #expect(try train(configuration, in: folder, ranks: 1, run: "parts", direct).status == 0)
            let parts = folder.appendingPathComponent("parts")
            try FileManager.default.removeItem(at: parts.appendingPathComponent("checkpoints/00000004"))
            try FileManager.default.removeItem(at: parts.appendingPathComponent("model/tasks"))
            for (options, words) in [
                (["--convolution", "auto"], "was begun with --convolution direct"),
                (["--gemm", "openblas"], "was begun with --gemm own"),
            ] {
                let refused = try train(configuration, in: folder, ranks: 2, run: "parts", ["--resume"] + options)
                #expect(refused.status == 2 && refused.errors.contains(words), "\(refused.errors)")
            }
            let outcome = try train(configuration, in: folder, ranks: 2, run: "parts", ["--resume"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let isSame = try files(parts) == files(folder.appendingPathComponent("whole"))
            #expect(isSame)
        }
    }

    @Test func aResumedRunKeepsItsInstructionSet() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            let parts = folder.appendingPathComponent("parts")
            for run in ["whole", "parts"] {
                let outcome = try Program.run(
                    "train", configuration, "--output", folder.appendingPathComponent(run).path,
                    environment: ["MODULOR_ISA": "scalar"])
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            try FileManager.default.removeItem(at: parts.appendingPathComponent("checkpoints/00000004"))
            try FileManager.default.removeItem(at: parts.appendingPathComponent("model/tasks"))
            let outcome = try Program.run("train", configuration, "--output", parts.path, "--resume")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let isSame = try files(parts) == files(folder.appendingPathComponent("whole"))
            #expect(isSame)
        }
    }

    @Test("what is wrong on one host alone ends the job, with the rank's name")
    func anErrorOfOneRank() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            let program = folder.appendingPathComponent("program").path
            try """
            #!/bin/sh
            [ "$OMPI_COMM_WORLD_RANK" != 1 ] || export MODULOR_ISA=abacus
            exec '\(Program.location.path)' "$@"
            """.write(toFile: program, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
            let outcome = try Program.run(
                ranks: 3, ["train", configuration, "--output", folder.appendingPathComponent("run").path],
                environment: ["MODULOR_PROGRAM": program])
            #expect(outcome.status == 2)
            let pattern = #/modulor: rank 1 on \S+: MODULOR_ISA=abacus is no instruction set; choose among .*\n/#
            #expect(outcome.errors.wholeMatch(of: pattern) != nil, "\(outcome.errors)")
        }
    }

    @Test func theLibrarysReductionOfTwoPartsHasTheSameBits() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            let batch = ["--set", "training.batch=8"]
            #expect(try train(configuration, in: folder, ranks: 1, run: "alone", batch).status == 0)
            let plain = batch + ["--set", "parallel.reduction=plain"]
            let two = try train(configuration, in: folder, ranks: 2, run: "two", plain)
            #expect(two.status == 0, "\(two.errors)")
            // Either rank holds one subtree, and one addition has one result.
            let isSame =
                try files(folder.appendingPathComponent("two")) == files(folder.appendingPathComponent("alone"))
            #expect(isSame)
            let three = try train(configuration, in: folder, ranks: 3, run: "three", plain)
            #expect(three.status == 0, "\(three.errors)")
        }
    }

    @Test func localBatchNormKeepsTheMeansOverRanks() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            let options = ["training.iterations=1", "training.batch=8", "training.checkpoint_every=1"]
            func statistics(_ run: String, _ more: [String]) throws -> (mean: [Float], variance: [Float]) {
                let outcome = try train(
                    configuration, in: folder, ranks: 4, run: run, (options + more).flatMap { ["--set", $0] })
                #expect(outcome.status == 0, "\(outcome.errors)")
                let file = try StoredFloats(
                    folder.appendingPathComponent("\(run)/checkpoints/00000001/semseg.safetensors"))
                return (file["bn1.bnorm.semseg.running_mean"], file["bn1.bnorm.semseg.running_var"])
            }
            let global = try statistics("global", [])
            let local = try statistics("local", ["parallel.batch_norm=local"])
            #expect(global.mean.count == 4)
            // The first normalization sees the same values, and the mean of equal shards' means is the mean of all: in
            // float32, four values are added and rounded. Variances within shards leave out those between their means.
            for (one, other) in zip(global.mean, local.mean) {
                #expect(abs(one - other) <= 4 * Float.ulpOfOne * global.mean.map(abs).max()!)
            }
            #expect(global.variance != local.variance)
        }
    }

    @Test(arguments: [(2, 8, 1.0), (4, 8, 1.5), (3, 10, nil)])
    func bytesSentAreThoseOfTheFormula(ranks: Int, batch: Int, factor: Double?) throws {
        try withTemporaryFolder { folder in
            let outcome = try train(
                configuration(in: folder), in: folder, ranks: ranks, run: "run",
                ["--set", "training.batch=\(batch)", "--set", "training.iterations=1"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let pattern =
                #/sent per rank and step: (\d+) bytes of gradients \((\d+) by the formula: (\d+) × ([\d.]+), /#
            let match = try #require(outcome.output.firstMatch(of: pattern), "\(outcome.output)")
            let (sent, expected) = (Double(match.1)!, Double(match.2)!)
            if let factor {
                #expect(sent == expected && Double(match.4) == factor)
                #expect(expected == Double(match.3)! * factor)
            } else {
                // Chunks of a piece are whole floats.
                #expect(abs(sent - expected) <= 1e-3 * expected)
                #expect(Double(match.4)! > 4.0 / 3)
            }
            for rank in 0..<ranks {
                let pattern = try Regex("rank \(rank) of \(ranks) on .*: 1 thread on processors [0-9].*Open MPI")
                #expect(outcome.output.contains(pattern), "\(outcome.output)")
            }
        }
    }

    /// Whether a test may have a /dev/shm of its own.
    private static let mayMount = {
        let outcome = try? Program.run(
            ["-m", "mount", "-t", "tmpfs", "tmpfs", "/dev/shm"], executable: URL(fileURLWithPath: "/usr/bin/unshare"))
        return outcome?.status == 0
    }()

    @Test(.enabled(if: mayMount, "this user may not mount a small /dev/shm"))
    func withoutSharedMemoryEveryRankKeepsACopy() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            #expect(try train(configuration, in: folder, ranks: 1, run: "alone").status == 0)
            let command = Program.command(
                ranks: 2, ["train", configuration, "--output", folder.appendingPathComponent("two").path])
            // Only the program's memory is to be scarce, and not the library's.
            let outcome = try Program.run(
                ["-m", "sh", "-c", #"mount -t tmpfs -o size=64k tmpfs /dev/shm && exec "$@""#, "sh"] + command.words,
                environment: command.environment.merging(["OMPI_MCA_btl_vader_backing_directory": "/tmp"]) { $1 },
                executable: URL(fileURLWithPath: "/usr/bin/unshare"))
            #expect(outcome.status == 0, "\(outcome.errors)")
            for part in [
                "keeps filters of its own", "sums over ranks are formed without shared memory", "/dev/shm larger",
            ] {
                #expect(outcome.output.contains(part), "\(outcome.output)")
            }
            let isSame =
                try files(folder.appendingPathComponent("two")) == files(folder.appendingPathComponent("alone"))
            #expect(isSame)
        }
    }

    @Test func figuresDoNotDependOnRanks() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            let run = folder.appendingPathComponent("run").path
            #expect(try Program.run(["train", configuration, "--output", run]).status == 0)
            let more = ["--set", "tasks.edge.weight=1", "--json"]
            let alone = try Program.run(["evaluate", run, configuration] + more)
            #expect(alone.status == 0 && alone.errors.contains("has no edge"), "\(alone.errors)")
            #expect(alone.output.contains("mean_angular_error"))
            // More ranks than pictures among them.
            for ranks in [2, 3, 6] {
                let outcome = try Program.run(ranks: ranks, ["evaluate", run, configuration] + more)
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.output == alone.output, "\(ranks) ranks")
            }
        }
    }

    /// Five pictures of three sizes, with classes and masks.
    private func writePictures(to root: URL) throws {
        func path(_ name: String) -> String { root.appendingPathComponent(name).path }
        for name in ["images", "semseg", "sal"] {
            try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
        }
        for list in ["train.txt", "val.txt"] {
            try "a\nb\nc\nd\ne\n".write(toFile: path(list), atomically: true, encoding: .utf8)
        }
        try "wall\nfloor\nchair\n".write(toFile: path("semseg/classes.txt"), atomically: true, encoding: .utf8)
        for (name, height, width) in [("a", 36, 44), ("b", 44, 36), ("c", 36, 44), ("d", 70, 51), ("e", 44, 36)] {
            func write(_ pixels: PNGFile.Pixels, to folder: String) throws {
                try PNGFile(height: height, width: width, pixels: pixels).write(to: path("\(folder)/\(name).png"))
            }
            let count = height * width
            try write(.rgb((0..<3 * count).map { UInt8($0 * 7 % 251) }), to: "images")
            try write(.grey((0..<count).map { UInt8($0 / 9 % 3) }), to: "semseg")
            try write(.grey((0..<count).map { $0 < count / 3 ? 255 : 0 }), to: "sal")
        }
    }

    /// Each rank meets sizes of its own, in its own order, so that none may wait for the others there.
    @Test func figuresOfSeveralSizesDoNotDependOnRanks() throws {
        try withTemporaryFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            let pictures = folder.appendingPathComponent("pictures")
            try writePictures(to: pictures)
            let configuration = path("run.yaml")
            try """
            model: {width: 4, aspp: 8, low: 4}
            tasks: {semseg: {}, sal: {}}
            data: {dataset: folder, root: \(pictures.path), crop: [33, 40], workers: 1}
            training: {iterations: 2, batch: 4, learning_rate: 0.01}
            parallel: {threads: 1}
            """.write(toFile: configuration, atomically: true, encoding: .utf8)
            try Program.succeed("train", configuration, "--output", path("run"))
            let model = ["evaluate", path("run"), configuration, "--json", "--save-predictions"]
            let saved = ["evaluate", configuration, "--json", "--predictions"]
            func predictions(_ name: String) throws -> [String: Data] {
                try files(folder.appendingPathComponent(name), in: ["semseg", "sal"])
            }
            let alone = try Program.succeed(model + [path("alone")])
            #expect(alone.output.contains("mean_iou") && alone.output.contains("max_f"))
            let expected = try predictions("alone")
            #expect(expected.count == 10)
            // What was saved scores the same.
            #expect(try Program.succeed(saved + [path("alone")]).output == alone.output)
            for ranks in 2...3 {
                let outcome = try Program.run(ranks: ranks, model + [path("\(ranks)")])
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.output == alone.output, "\(ranks) ranks")
                let isSame = try predictions("\(ranks)") == expected
                #expect(isSame, "\(ranks) ranks")
                let scored = try Program.run(ranks: ranks, saved + [path("\(ranks)")])
                #expect(scored.status == 0, "\(scored.errors)")
                #expect(scored.output == alone.output, "\(ranks) ranks")
            }
        }
    }

    @Test(
        arguments: zip(
            [["parallel.task_groups=4"], ["parallel.task_groups=2", "model.method=conv"]],
            ["3 tasks make at most 3 groups, not 4", "the joint baseline (model.method: conv)"]))
    func groupsThatCannotBeAreRefused(_ overrides: [String], reason: String) throws {
        try withTemporaryFolder { folder in
            let outcome = try train(
                configuration(in: folder), in: folder, ranks: 2, run: "run", overrides.flatMap { ["--set", $0] })
            #expect(outcome.status == 2 && outcome.errors.contains("parallel.task_groups: "), "\(outcome.errors)")
            #expect(outcome.errors.contains(reason), "\(outcome.errors)")
        }
    }

    @Test func moreRanksThanSamplesAreRefusedWithTheMost() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration(in: folder)
            let outcome = try train(configuration, in: folder, ranks: 3, run: "run", ["--set", "training.batch=2"])
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("3 ranks cannot share a batch of 2 samples: start at most 2 ranks"))
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("run").path))
        }
    }
}

/// The tensors of a safetensors file, all of float32.
private struct StoredFloats {
    private let data: Data
    private let places: [String: [Int]]

    init(_ url: URL) throws {
        data = try Data(contentsOf: url)
        let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = try JSONSerialization.jsonObject(with: data[8..<8 + length]) as! [String: [String: Any]]
        places = header.compactMapValues { ($0["data_offsets"] as? [Int])?.map { 8 + length + $0 } }
    }

    subscript(name: String) -> [Float] {
        let place = places[name]!
        return data[place[0]..<place[1]].withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }
}
