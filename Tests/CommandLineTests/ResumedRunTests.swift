import Foundation
import Testing

/// A run that goes on must end with the bits of one that was never stopped; where it cannot, it says why.
@Suite struct ResumedRunTests {
    /// What a user may do between two sessions of a run, and what is said of it.
    struct Change: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let said: [String]
        let make: @Sendable (UserData) throws -> Void

        init(_ name: String, _ said: String..., make: @escaping @Sendable (UserData) throws -> Void) {
            (testDescription, self.said, self.make) = (name, said, make)
        }
    }

    static let changes = [
        Change("a line more", "training list has 5 samples", "number 5", "had 4") {
            try $0.write("0\n1\n2\n3\n5\n", "train.txt")
        },
        Change("a line less", "training list has 3 samples", "had 4") { try $0.write("0\n1\n2\n", "train.txt") },
        Change("another order", "training list has the same samples in another order (the first: 1, number 1)") {
            try $0.write("1\n0\n2\n3\n", "train.txt")
        },
        Change("another sample", "training list names other samples (the first: 5, number 3)") {
            try $0.write("0\n1\n5\n3\n", "train.txt")
        },
        Change("the other list", "validation list names other samples (the first: 3, number 2)") {
            try $0.write("4\n3\n", "val.txt")
        },
        Change("a picture", "files of the training sample 2, number 3 have other contents") {
            try $0.png("images/2", .grey([UInt8](repeating: 7, count: UserData.pixels)))
        },
        // An array of the same shape has the same size.
        Change("two labels", "files of 2 training samples have other contents (the first: 1, number 2)") { data in
            for name in ["1", "3"] {
                try data.png("semseg/\(name)", .grey(UserData.classes.map { $0 == 2 ? 1 : $0 }))
            }
        },
        Change("a label of validation", "files of the validation sample 4, number 1 have other contents") {
            try $0.png("semseg/4", .grey(UserData.classes.map { $0 == 2 ? 1 : $0 }))
        },
        Change("the name of a class", "class 1 of semseg is 'd', and was 'b'") {
            try $0.write("background\nd\nc\n", "semseg/classes.txt")
        },
    ]

    private static func start(_ folder: UserData, _ configuration: String, steps: Int = 2) -> [String] {
        [
            "train", configuration, "--output", folder.root.path + "/../run", "--set", "model.width=4", "--set",
            "model.aspp=8", "--set", "model.low=4", "--set", "training.batch=2", "--set",
            "training.iterations=\(steps)",
            "--set", "training.checkpoint_every=1", "--set", "data.workers=1", "--set", "parallel.threads=1",
        ]
    }

    private static func files(_ data: UserData) throws -> [String: Data] {
        let run = data.root.path + "/../run"
        let names = try FileManager.default.subpathsOfDirectory(atPath: run).filter { name in
            // Times stand in event files and reports, and a lock names the process.
            ["model", "checkpoints", "inputs.json", "validation.json", "config.yaml"].contains { name.hasPrefix($0) }
        }
        return Dictionary(
            uniqueKeysWithValues: names.compactMap { name in
                FileManager.default.contents(atPath: "\(run)/\(name)").map { (name, $0) }
            })
    }

    @Test("a run refuses to go on with other lists, classes or files, and names what changed", arguments: changes)
    func changedData(_ change: Change) throws {
        try UserData.with(task: "semseg") { data, configuration in
            let command = Self.start(data, configuration)
            try Program.succeed(command)
            let before = try Self.files(data)
            try change.make(data)
            let refused = try Program.run(command + ["--resume"])
            #expect(refused.status == 2, "\(refused.output)")
            for part in change.said + ["was begun with other data", "--from "] {
                #expect(refused.errors.contains(part), "\(refused.errors)")
            }
            #expect(refused.errors.split(separator: "\n").count == 1, "\(refused.errors)")
            #expect(try Self.files(data) == before)
        }
    }

    @Test(
        "another bank in the model, and a record that is no record, are refused; a run without one goes on with a note")
    func bankAndRecord() throws {
        try UserData.with(task: "semseg") { data, configuration in
            let command = Self.start(data, configuration)
            let run = data.root.path + "/../run"
            try Program.succeed(command)
            let record = try Data(contentsOf: URL(fileURLWithPath: run + "/inputs.json"))
            let text = String(decoding: record, as: UTF8.self)
            let bank = try #require(text.firstRange(of: #/"bank" : "[0-9a-f]+"/#))
            try text.replacingCharacters(in: bank, with: "\"bank\" : \"\(String(repeating: "0", count: 64))\"")
                .write(toFile: run + "/inputs.json", atomically: true, encoding: .utf8)
            let other = try Program.run(command + ["--resume"])
            #expect(other.status == 2 && other.errors.contains("the filter bank has the SHA-256 "), "\(other.errors)")
            #expect(other.errors.contains("and had 0000000000000000…"))
            try "{}".write(toFile: run + "/inputs.json", atomically: true, encoding: .utf8)
            let damaged = try Program.run(command + ["--resume"])
            #expect(damaged.status == 1 && damaged.errors.contains("inputs.json"), "\(damaged.errors)")
            try FileManager.default.removeItem(atPath: run + "/inputs.json")
            let old = try Program.succeed(command + ["--resume"])
            #expect(old.output.contains("note: \(run) was begun before runs kept digests of their data"))
            // From then on it keeps them, so the note comes once.
            #expect(try Data(contentsOf: URL(fileURLWithPath: run + "/inputs.json")) == record)
            #expect(!(try Program.succeed(command + ["--resume"]).output.contains("kept digests")))
        }
    }

    @Test("a run whose checkpoints are lost begins again only when it is told to")
    func lostCheckpoints() throws {
        try UserData.with(task: "semseg") { data, configuration in
            let command = Self.start(data, configuration)
            let run = data.root.path + "/../run"
            try Program.succeed(command)
            let whole = try Self.files(data)
            func refused(_ parts: String...) throws {
                let before = try Self.files(data)
                let outcome = try Program.run(command + ["--resume"])
                #expect(outcome.status == 2, "\(outcome.output)")
                for part in parts + ["start from the beginning", "replace its model of step 2", "add --restart"] {
                    #expect(outcome.errors.contains(part), "\(outcome.errors)")
                }
                #expect(try Self.files(data) == before)
            }
            for name in ["00000001", "00000002"]
            where FileManager.default.fileExists(atPath: "\(run)/checkpoints/\(name)") {
                try "0".write(toFile: "\(run)/checkpoints/\(name)/checksums", atomically: true, encoding: .utf8)
            }
            try refused("no checkpoint is whole")
            try FileManager.default.removeItem(atPath: run + "/checkpoints")
            try refused("no checkpoint is there any more")
            // A disk that was full leaves such a folder, too.
            try FileManager.default.createDirectory(atPath: run + "/checkpoints", withIntermediateDirectories: true)
            try refused("no checkpoint is there any more")
            let again = try Program.succeed(command + ["--resume", "--restart"])
            #expect(again.output.contains("begins again from the beginning"))
            #expect(try Self.files(data) == whole)
            let lonely = try Program.run(command + ["--restart"])
            #expect(lonely.status == 2 && lonely.errors.contains("--restart belongs to --resume"))
        }
    }

    @Test("a run that never had a checkpoint starts from the beginning, and says so")
    func noCheckpointYet() throws {
        try UserData.with(task: "semseg") { data, configuration in
            let command = Self.start(data, configuration) + ["--set", "training.validate_every=1"]
            let run = data.root.path + "/../run"
            try Program.succeed(command)
            let whole = try Self.files(data)
            // As a kill leaves it between the first validation and the end of the first checkpoint.
            try FileManager.default.removeItem(atPath: run + "/checkpoints")
            try FileManager.default.removeItem(atPath: run + "/validation.json")
            try FileManager.default.removeItem(atPath: run + "/model/tasks")
            let again = try Program.succeed(command + ["--resume"])
            #expect(again.output.contains("there is no checkpoint, so the run starts from the beginning"))
            #expect(try Self.files(data) == whole)
        }
    }

    @Test("another instruction set is refused unless other bits are asked for, which the checkpoints record")
    func otherInstructionSet() throws {
        try UserData.with(task: "semseg") { data, configuration in
            let (short, long) = (Self.start(data, configuration, steps: 2), Self.start(data, configuration, steps: 3))
            let run = data.root.path + "/../run"
            // A run that is stopped after two of three steps.
            try Program.succeed(short)
            let text = try String(contentsOfFile: run + "/config.yaml", encoding: .utf8)
            try text.replacingOccurrences(of: "iterations: 2", with: "iterations: 3")
                .write(toFile: run + "/config.yaml", atomically: true, encoding: .utf8)
            let own = ProcessInfo.processInfo.environment["MODULOR_ISA"].flatMap { $0.isEmpty ? nil : $0 }
            try #require(own != "scalar", "the tests need another instruction set than scalar to compare with")
            let before = try Self.files(data)
            let refused = try Program.run(long + ["--resume"], environment: ["MODULOR_ISA": "scalar"])
            #expect(refused.status == 2, "\(refused.output)")
            #expect(
                refused.errors.contains("MODULOR_ISA=scalar rounds otherwise: unset MODULOR_ISA, or add --other-bits"))
            #expect(try Self.files(data) == before)
            let other = try Program.run(long + ["--resume", "--other-bits"], environment: ["MODULOR_ISA": "scalar"])
            #expect(
                other.status == 0 && other.output.contains("from here on other kernels round otherwise"),
                "\(other.errors)")
            let state = try Program.succeed("inspect", run + "/checkpoints/00000003/state.safetensors").output
            #expect(state.contains("other_bits") && state.contains("to step 2"), "\(state)")
            // It goes on with what computed last, and keeps what it knows.
            try FileManager.default.removeItem(atPath: run + "/checkpoints/00000002")
            let again = try Program.succeed(long + ["--resume"])
            #expect(!again.output.contains("round otherwise"))
        }
    }

    @Test("a validation that a resumed run does again appears once for TensorBoard")
    func validatedOnce() throws {
        try UserData.with(task: "semseg") { data, configuration in
            let command = Self.start(data, configuration, steps: 2) + ["--set", "training.validate_every=1"]
            let run = data.root.path + "/../run"
            try Program.succeed(command)
            func tags() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: run).filter { $0.hasPrefix("events.") }.reduce(0) {
                    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(run)/\($1)"))
                    return $0 + String(decoding: bytes, as: UTF8.self).components(separatedBy: "semseg/mean_iou").count
                        - 1
                }
            }
            let once = try tags()
            #expect(once > 0)
            try Program.succeed(command + ["--resume"])
            #expect(try tags() == once)
        }
    }
}
