import Foundation
import ProgramTesting
import Testing

@Suite struct DataCheckTests {
    @Test func aMissingLabelIsNamedAndCounted() throws {
        try withTemporaryFolder { folder in
            let root = folder.appendingPathComponent("NYUD_MT")
            try FileManager.default.copyItem(
                at: Program.repository.appendingPathComponent("Tests/DatasetsTests/Fixtures/NYUD_MT"), to: root)
            // Not of the first sample on the list, by which the archive is recognized.
            try FileManager.default.removeItem(at: root.appendingPathComponent("segmentation/12.mat"))
            let configuration = folder.appendingPathComponent("nyud.yaml").path
            try """
            tasks: {semseg: {}, depth: {}}
            data: {dataset: nyud, root: \(root.path), workers: 1}
            """.write(toFile: configuration, atomically: true, encoding: .utf8)
            let outcome = try Program.run("data", "check", configuration)
            #expect(outcome.status == 1)
            #expect(outcome.output.hasSuffix("4 samples to train on, 2 to validate on, 1 problem, 1 warning\n"))
            #expect(outcome.errors.hasPrefix("modulor: sample 12: "), "\(outcome.errors)")
            #expect(outcome.errors.contains("segmentation/12.mat"), "\(outcome.errors)")
        }
    }
}
