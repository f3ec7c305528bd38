import Foundation
import ProgramTesting
import Testing

@Suite struct DataRoomsTests {
    private func files(_ arguments: String...) throws -> [String: Data] {
        try withTemporaryFolder { folder in
            let output = folder.appendingPathComponent("a/b")
            let outcome = try Program.run(["data", "rooms", "--output", output.path, "--size", "24x32"] + arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: output.path)
            return try Dictionary(
                uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: output.appendingPathComponent($0))) })
        }
    }

    @Test func everySampleGivesAnImageAndItsLabels() throws {
        let kinds = ["image", "semseg", "human_parts", "edge", "sal", "normals", "depth"]
        let expected = ["rooms-1-3", "rooms-1-4"].flatMap { sample in kinds.map { "\(sample)-\($0).png" } }
        let files = try files("--index", "3..5")
        #expect(Set(files.keys) == Set(expected + ["contact-sheet.png"]))
        for file in files.values { #expect(file.starts(with: [0x89, 0x50, 0x4E, 0x47])) }
    }

    @Test func theSameSamplesGiveTheSameBytes() throws {
        #expect(try files("--index", "7", "--seed", "5") == files("--index", "7", "--seed", "5"))
        #expect(
            try files("--index", "7", "--seed", "5")["contact-sheet.png"]
                != files("--index", "7", "--seed", "6")["contact-sheet.png"])
    }

    @Test func validationPicturesFollowThoseToTrainOn() throws {
        #expect(try files("--index", "0", "--split", "val").keys.contains("rooms-1-2000-image.png"))
    }
}
