import Foundation
import ProgramTesting
import Testing

/// From a file that PyTorch wrote to a model that can be looked into.
@Suite struct InitializeTests {
    private func fixture(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("CheckpointsTests/Fixtures/pytorch/\(name).pth").path
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func aPretrainedNetworkBecomesAModelThatIsLookedInto() throws {
        try withTemporaryFolder { folder in
            let model = folder.appendingPathComponent("model").path
            let made = try Program.run("initialize", model, "--from", fixture("official"), "--json")
            #expect(made.status == 0, "\(made.errors)")
            let report = try object(made.output)
            #expect(report["backbone"] as? String == "resnet18")
            #expect(report["tasks"] as? [String] == ["depth", "semseg"])
            #expect(report["left_over"] as? [String] == ["iteration"])

            let seen = try Program.run("inspect", model)
            #expect(seen.status == 0, "\(seen.errors)")
            #expect(seen.output.contains("shared by depth, semseg"))
            let inspection = try object(Program.run("inspect", model, "--json").output)
            let rows = try #require(inspection["rows"] as? [[String: Any]])
            #expect(rows.map { $0["part"] as? String } == ["bank", "depth", "semseg"])
            #expect(rows[0]["sha256"] as? String == report["bank_sha256"] as? String)

            let again = try Program.run("initialize", model, "--from", fixture("resnet18"))
            #expect(again.status == 2)
            #expect(again.errors.contains("it is not empty"))
        }
    }

    @Test func optionsSayWhatTheFileCannot() throws {
        try withTemporaryFolder { folder in
            let model = folder.appendingPathComponent("model")
            let made = try Program.run(
                "initialize", model.path, "--from", fixture("resnet18"), "--output-stride", "8", "--aspp", "32",
                "--low",
                "12", "--no-nff")
            #expect(made.status == 0, "\(made.errors)")
            #expect(made.output.contains("left over  fc.weight, fc.bias"))
            let yaml = try String(contentsOf: model.appendingPathComponent("model.yaml"), encoding: .utf8)
            #expect(
                yaml.hasPrefix(
                    """
                    format: 1
                    backbone: resnet18
                    width: 4
                    output_stride: 8
                    method: rcm
                    nff: false
                    aspp: 32
                    low: 12

                    """))
            let other = folder.appendingPathComponent("other").path
            let contrary = try Program.run("initialize", other, "--from", fixture("official"), "--aspp", "32")
            #expect(contrary.status == 2)
            #expect(contrary.errors.contains("leave these options out"))
            #expect(!FileManager.default.fileExists(atPath: other))
        }
    }

    @Test(arguments: ["call-system", "call-system-older", "call-eval", "module", "script"])
    func codeIsRefusedByNameAndLeavesNothing(name: String) throws {
        try withTemporaryFolder { folder in
            let model = folder.appendingPathComponent("model").path
            let made = try Program.run("initialize", model, "--from", fixture(name))
            #expect(made.status == 2)
            #expect(made.errors.hasPrefix("modulor: \(fixture(name)): it "))
            #expect(made.errors.contains("save only the state dict"))
            #expect(!FileManager.default.fileExists(atPath: model))
            #expect(try Program.run("inspect", fixture(name)).status == 2)
        }
    }

    @Test func tensorsOfAFileAreListedWithWhatTheyShare() throws {
        let inspection = try object(Program.run("inspect", fixture("various-protocol4"), "--json").output)
        #expect(inspection["format"] as? String == "pytorch")
        let rows = try #require(inspection["rows"] as? [[String: Any]])
        let column = try #require(rows.first { $0["name"] as? String == "column" })
        #expect(column["shape"] as? [Int] == [3])
        #expect(column["type"] as? String == "F32")
        #expect(column["bytes"] as? Int == 12)
        #expect(column["shares_bytes_with"] as? String == "base")
    }

    @Test(arguments: ["/nowhere", "/proc"])
    func whatIsNothingToLookIntoEndsWithTwo(path: String) throws {
        let outcome = try Program.run("inspect", path)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(path))
    }
}
