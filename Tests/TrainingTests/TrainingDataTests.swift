import Collectives
import Configuration
import Datasets
import Foundation
import ProgramTesting
import Testing
import Training

@Suite("The data of a run")
struct TrainingDataTests {
    /// The small trees that the tests of the data sets read.
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("DatasetsTests/Fixtures").path

    private static func settings(_ dataset: DataSettings.Dataset, _ root: String) -> DataSettings {
        var settings = DataSettings()
        settings.dataset = dataset
        settings.root = root
        return settings
    }

    @Test func eachDataSetHasItsClassesAndItsFrame() throws {
        let pascal = try TrainingData(
            Self.settings(.pascalContext, Self.fixtures + "/PASCAL_MT"),
            tasks: [.semseg, .humanParts, .edge, .normals, .sal])
        #expect(pascal.channels(of: .semseg) == 21)
        #expect(pascal.channels(of: .humanParts) == 7)
        #expect(pascal.channels(of: .edge) == 1)
        #expect(pascal.frames.areEqual && pascal.frames[1] == PixelSize(height: 512, width: 512))
        #expect(pascal.training.count == 4 && pascal.validation.count == 2)

        for (set, classes) in [("NYUD_MT", 41), ("NYUD_MT_npy", 40)] {
            let indoor = try TrainingData(
                Self.settings(.nyud, Self.fixtures + "/" + set), tasks: [.semseg, .depth, .normals, .edge])
            #expect(indoor.channels(of: .semseg) == classes)
            #expect(indoor.frames.areEqual && indoor.frames[1] == PixelSize(height: 425, width: 560))
        }
        let parts = try TrainingData(
            Self.settings(.pascalContext, Self.fixtures + "/PASCAL_MT_astmt"), tasks: [.humanParts])
        #expect(parts.training.count == 3 && parts.validation.count == 1)
    }

    @Test func everyPictureOfAFolderHasItsOwnFrame() throws {
        let folder = try TemporaryFolder()
        let manager = FileManager.default
        for name in ["images", "sal"] {
            try manager.createDirectory(atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
        }
        for (name, height) in [("a", 8), ("b", 6), ("c", 7)] {
            let picture = PNGFile(height: height, width: 5, pixels: .grey(Array(repeating: 0, count: 5 * height)))
            for task in ["images", "sal"] { try picture.write(to: "\(folder.path)/\(task)/\(name).png") }
        }
        try Data("a\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/train.txt"))
        try Data("b\nc\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/val.txt"))
        let data = try TrainingData(Self.settings(.folder, folder.path), tasks: [.sal])
        #expect(!data.frames.areEqual)
        #expect(data.frames[0] == PixelSize(height: 6, width: 5) && data.frames[1] == PixelSize(height: 7, width: 5))
        #expect(data.channels(of: .sal) == 1)
    }

    /// Such as those of NYUD with their rims, which the archives cut off. What is too large would be found when the last
    /// step is done.
    @Test func aPictureThatIsLargerThanTheUsualFrameHasALargerOne() throws {
        let folder = try TemporaryFolder()
        let root = folder.path + "/NYUD_MT"
        try FileManager.default.copyItem(atPath: Self.fixtures + "/NYUD_MT", toPath: root)
        func replace(_ name: String, height: Int, width: Int) throws {
            let grey = [UInt8](repeating: 9, count: height * width)
            try PNGFile(height: height, width: width, pixels: .grey(grey)).write(to: "\(root)/images/\(name).jpg")
        }
        let settings = Self.settings(.nyud, root)
        try replace("7", height: 480, width: 100)
        #expect(try TrainingData(settings, tasks: [.edge]).frames[1] == PixelSize(height: 480, width: 560))
        try replace("21", height: 100, width: 640)
        #expect(try TrainingData(settings, tasks: [.edge]).frames[1] == PixelSize(height: 480, width: 640))
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: "\(root)/images/21.jpg"))
        #expect(throws: SampleError.self) { try TrainingData(settings, tasks: [.edge]) }
        // A check goes on, to name all.
        let problems = try DataReport(settings, tasks: [.edge]).problems.map(\.description)
        #expect(problems.contains { $0.contains("sample 21: \(root)/images/21.jpg: it is neither a JPEG nor a PNG") })
        #expect(problems.contains { $0.contains("sample 7: the picture has 480 x 100 pixels") })
    }

    @Test func missingFilesAreNamedBeforeTraining() throws {
        let folder = try TemporaryFolder()
        let root = folder.path + "/NYUD_MT"
        try FileManager.default.copyItem(atPath: Self.fixtures + "/NYUD_MT", toPath: root)
        try FileManager.default.removeItem(atPath: root + "/depth/3.mat")
        try FileManager.default.removeItem(atPath: root + "/depth/21.mat")
        let settings = Self.settings(.nyud, root)
        #expect(throws: Never.self) { try TrainingData(settings, tasks: [.edge]) }
        let error = #expect(throws: UsageError.self) { try TrainingData(settings, tasks: [.edge, .depth]) }
        let text = try #require(error?.description)
        #expect(text.contains("sample 3: \(root)/depth/3.mat is missing"))
        #expect(text.contains("One more file is missing"))
        #expect(text.contains("modulor data check"))
    }

    @Test("ranks whose copies list samples in another order, or name other classes, do not agree")
    func copiesThatDiffer() throws {
        let folder = try TemporaryFolder()
        let tasks: [LearningTask] = [.semseg]
        func copy(_ name: String) throws -> String {
            let root = folder.path + "/" + name
            try FileManager.default.copyItem(atPath: Self.fixtures + "/NYUD_MT", toPath: root)
            return root
        }
        func agreement(_ root: String) throws -> [AgreementItem] {
            try TrainingData(Self.settings(.nyud, root), tasks: tasks).agreement(tasks)
        }
        let (own, same, other) = (try copy("own"), try copy("same"), try copy("other"))
        try Data("3\n21\n1001\n101\n".utf8).write(to: URL(fileURLWithPath: other + "/gt_sets/train.txt"))
        let expected = try agreement(own)
        #expect(try agreement(same) == expected)
        let differing = try zip(agreement(other), expected).filter { $0 != $1 }.map(\.0.name)
        #expect(differing == ["training samples"])
        let classes = try TrainingData(Self.settings(.nyud, Self.fixtures + "/NYUD_MT_npy"), tasks: tasks)
        #expect(classes.agreement(tasks).last != expected.last)
    }

    @Test func aReportHoldsWhatIsWrongWithBothLists() throws {
        let folder = try TemporaryFolder()
        let root = folder.path + "/NYUD_MT"
        try FileManager.default.copyItem(atPath: Self.fixtures + "/NYUD_MT", toPath: root)
        let settings = Self.settings(.nyud, root)
        let sound = try DataReport(settings, tasks: [.semseg, .edge, .normals, .depth])
        #expect(sound.trainingCount == 4 && sound.validationCount == 2)
        #expect(sound.problems.isEmpty)

        try Data("7\n21\n12\n".utf8).write(to: URL(fileURLWithPath: root + "/gt_sets/val.txt"))
        try Data("no MAT file".utf8).write(to: URL(fileURLWithPath: root + "/depth/3.mat"))
        try FileManager.default.removeItem(atPath: root + "/edge/7.png")
        let report = try DataReport(settings, tasks: [.edge, .depth])
        #expect(report.problems.count == 3)
        #expect(report.problems[0].description.contains("sample 12: it is on the lists of both train and val"))
        #expect(
            report.problems[1].description.contains(
                "sample 3: \(root)/depth/3.mat: it is text that begins with 'no MAT file' and no MAT file"))
        #expect(report.problems[2].description.contains("sample 7: \(root)/edge/7.png"))
        let drawn = try DataReport(DataSettings(), tasks: [.semseg])
        #expect(drawn.problems.isEmpty && drawn.trainingCount == 2000)
    }

    /// In an array 255 is unknown, so a mask of 0 and 255 has nothing that is true.
    @Test func aTaskOfWhichNothingIsTrueIsNamedByCheck() throws {
        let folder = try TemporaryFolder()
        for name in ["images", "sal", "edge"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
        }
        func array(_ values: [Float], _ name: String) throws {
            try Data(NumPyArray.encoded(values, shape: [2, 2])).write(
                to: URL(fileURLWithPath: "\(folder.path)/\(name).npy"))
        }
        for name in ["a", "b", "c"] {
            try PNGFile(height: 2, width: 2, pixels: .grey([1, 2, 3, 4])).write(
                to: "\(folder.path)/images/\(name).png")
            // What validation holds is not trained on.
            try array(name == "c" ? [0, 1, 1, 0] : [0, 255, 255, 0], "sal/\(name)")
            try array(name == "b" ? [0, 1, 0, 0] : [0, 0, 0, 0], "edge/\(name)")
        }
        try Data("a\nb\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/train.txt"))
        try Data("c\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/val.txt"))
        let settings = Self.settings(.folder, folder.path)
        let problems = try DataReport(settings, tasks: [.edge, .sal]).problems.map(\.description)
        #expect(problems.count == 1 && problems[0].hasPrefix("task sal: no training label has a pixel above one half"))
        try array([0, 1, 255, 0], "sal/b")
        #expect(try DataReport(settings, tasks: [.edge, .sal]).problems.isEmpty)
    }

    @Test func aListWithoutPersonsIsRefusedByCheckAndTrainingAlike() throws {
        let folder = try TemporaryFolder()
        let root = folder.path + "/PASCAL_MT"
        try FileManager.default.copyItem(atPath: Self.fixtures + "/PASCAL_MT", toPath: root)
        try Data(#"{"2008_000612": [1], "2010_000945": [2]}"#.utf8)
            .write(to: URL(fileURLWithPath: root + "/ImageSets/Parts/val.txt"))
        let settings = Self.settings(.pascalContext, root)
        let report = #expect(throws: DataFileError.self) { try DataReport(settings, tasks: [.humanParts]) }
        let training = #expect(throws: DataFileError.self) { try TrainingData(settings, tasks: [.humanParts]) }
        #expect(report?.path == root + "/ImageSets/Context/val.txt" && report == training)
    }

    @Test func tasksThatADataSetLacksAreNamed() {
        let settings = Self.settings(.nyud, Self.fixtures + "/NYUD_MT")
        let error = #expect(throws: UsageError.self) { try TrainingData(settings, tasks: [.sal]) }
        #expect(
            error?.description
                == "tasks: nyud has no labels of sal (score); "
                + "it has semseg (classes), edge (score), normals (direction), depth (distance)")
    }
}
