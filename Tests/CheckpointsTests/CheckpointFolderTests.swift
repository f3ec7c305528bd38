import Checkpoints
import Foundation
import ProgramTesting
import Testing

@Suite struct CheckpointFolderTests {
    struct Interruption: Error {}

    func files(_ step: Int) -> [CheckpointFolder.File] {
        [
            .init("state.safetensors", tensors: [TensorEntry("step", shape: [1], values: [Int64(step)])]),
            .init(
                "semseg.safetensors",
                tensors: [TensorEntry("conv1.Wt.semseg.weight_v", shape: [2], values: [Float(step), 1])]),
        ]
    }

    /// A folder with checkpoints of `steps`.
    func written(_ steps: [Int], in folder: TemporaryFolder) throws -> CheckpointFolder {
        let checkpoints = CheckpointFolder(path: folder("run/checkpoints"))
        for step in steps { try checkpoints.write(step: step, files: files(step)) }
        return checkpoints
    }

    /// Flips the last bit of `name` in the checkpoint of `step`.
    func damage(_ checkpoints: CheckpointFolder, step: Int, name: String = "semseg.safetensors") throws {
        let path = checkpoints.checkpointPath(step: step) + "/" + name
        var content = try bytes(of: path)
        content[content.count - 1] ^= 1
        try put(content, at: path)
    }

    @Test func theNewestCheckpointComesBack() throws {
        let folder = try TemporaryFolder()
        let checkpoints = try written([100, 300, 200], in: folder)
        #expect(try names(in: checkpoints.path) == ["00000100", "00000200", "00000300"])
        let (newest, damaged) = try checkpoints.latestValid()
        #expect(damaged.isEmpty)
        #expect(newest?.step == 300)
        #expect(newest?.files == ["semseg.safetensors", "state.safetensors"])
        #expect(try newest?.file("state.safetensors").values("step", shape: [1], of: Int64.self) == [300])
        #expect(
            sentence { _ = try newest?.file("depth.safetensors") }?
                .contains("no file 'depth.safetensors', only semseg.safetensors, state.safetensors") == true)
    }

    @Test func noCheckpointIsNoError() throws {
        let folder = try TemporaryFolder()
        let result = try CheckpointFolder(path: folder("run/checkpoints")).latestValid()
        #expect(result.checkpoint == nil && result.damaged.isEmpty)
        try put([1], at: folder("file"))
        #expect(
            sentence { _ = try CheckpointFolder(path: folder("file")).latestValid() }?.hasPrefix("cannot list") == true)
    }

    @Test func theChecksumsAreThoseOfSha256sum() throws {
        let folder = try TemporaryFolder()
        let checkpoints = try written([7], in: folder)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sha256sum", "--check", "--strict", "--status", "checksums"]
        process.currentDirectoryURL = URL(filePath: checkpoints.checkpointPath(step: 7))
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test func equalStatesGiveEqualBytes() throws {
        let folder = try TemporaryFolder()
        let one = try written([7], in: folder)
        let other = CheckpointFolder(path: folder("other"))
        try other.write(step: 7, files: files(7).reversed())
        for name in ["checksums", "semseg.safetensors", "state.safetensors"] {
            #expect(
                try bytes(of: one.checkpointPath(step: 7) + "/" + name)
                    == bytes(of: other.checkpointPath(step: 7) + "/" + name))
        }
    }

    @Test func damagedCheckpointsAreNamedAndPassedOver() throws {
        let folder = try TemporaryFolder()
        let checkpoints = try written([1, 2, 3, 4, 5, 6, 7], in: folder)
        func path(_ step: Int) -> String { checkpoints.checkpointPath(step: step) }
        try damage(checkpoints, step: 7)
        try FileManager.default.removeItem(atPath: path(6) + "/state.safetensors")
        try FileManager.default.removeItem(atPath: path(5) + "/checksums")
        let lines = try bytes(of: path(4) + "/checksums")
        try put(lines[...lines.firstIndex(of: UInt8(ascii: "\n"))!], at: path(4) + "/checksums")
        try put(lines.dropLast(3), at: path(3) + "/checksums")
        try put([], at: path(2) + "/checksums")

        let (valid, damaged) = try checkpoints.latestValid()
        #expect(valid?.step == 1)
        #expect(damaged.map(\.step) == [7, 6, 5, 4, 3, 2])
        let expected = [
            "SHA-256 of 'semseg.safetensors' is not", "'state.safetensors' is missing", "checksums: No such file",
            "'state.safetensors' is not in its checksums", "it is truncated", "it is truncated",
        ]
        for (damage, text) in zip(damaged, expected) {
            #expect("\(damage.reason)".contains(text) && "\(damage.reason)".contains(damage.path))
        }
    }

    /// Every truncation of every file of a checkpoint sends the reader to the one before.
    @Test func everyTruncationIsDamage() throws {
        let folder = try TemporaryFolder()
        let checkpoints = try written([1, 2], in: folder)
        for name in try names(in: checkpoints.checkpointPath(step: 2)) {
            let path = checkpoints.checkpointPath(step: 2) + "/" + name
            let whole = try bytes(of: path)
            for count in 0..<whole.count {
                try put(whole[..<count], at: path)
                #expect(try checkpoints.latestValid().checkpoint?.step == 1, "\(name) of \(count) bytes")
            }
            try put(whole, at: path)
            #expect(try checkpoints.latestValid().checkpoint?.step == 2)
        }
    }

    @Test func aDamagedCheckpointIsReplacedWhenItsStepComesAgain() throws {
        let folder = try TemporaryFolder()
        let checkpoints = try written([1, 2], in: folder)
        try damage(checkpoints, step: 2)
        try checkpoints.write(step: 2, files: files(2))
        let (valid, damaged) = try checkpoints.latestValid()
        #expect(valid?.step == 2 && damaged.isEmpty)
        #expect(try names(in: checkpoints.path) == ["00000001", "00000002"])
    }

    @Test func afterAFailureTheEarlierCheckpointsStay() throws {
        let folder = try TemporaryFolder()
        let checkpoints = try written([1, 2], in: folder)
        let failing = TensorEntry("x", shape: [4]) { (_: UnsafeMutableBufferPointer<Float>) in throw Interruption() }
        for step in [2, 3] {
            #expect(throws: Interruption.self) {
                try checkpoints.write(step: step, files: files(step) + [.init("z.safetensors", tensors: [failing])])
            }
        }
        #expect(try names(in: checkpoints.path) == ["00000001", "00000002"])
        #expect(try checkpoints.latestValid().checkpoint?.step == 2)
    }

    @Test func aFolderThatCannotBeWrittenIsNamed() throws {
        let folder = try TemporaryFolder()
        try put([1], at: folder("file"))
        let text = sentence {
            try CheckpointFolder(path: folder("file/run/checkpoints")).write(step: 1, files: files(1))
        }
        #expect(text?.hasPrefix("cannot write \(folder("file/run"))") == true, "\(text ?? "")")
        #expect(try names(in: folder.path) == ["file"])
    }

    @Test func pruningKeepsTheNewestWholeOnes() throws {
        let folder = try TemporaryFolder()
        let checkpoints = try written([1, 2, 3, 4, 5], in: folder)
        try damage(checkpoints, step: 4)
        try put([1], at: checkpoints.path + "/.00000006.tmp-1f")
        try put([1], at: checkpoints.path + "/notes")
        try checkpoints.prune(keeping: 2)
        #expect(try names(in: checkpoints.path) == ["00000003", "00000004", "00000005", "notes"])

        // With all but one damaged, nothing may go.
        try damage(checkpoints, step: 5)
        try checkpoints.prune(keeping: 2)
        #expect(try names(in: checkpoints.path) == ["00000003", "00000004", "00000005", "notes"])
        #expect(try checkpoints.latestValid().checkpoint?.step == 3)
    }
}
