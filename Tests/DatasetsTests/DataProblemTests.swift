import Datasets
import Foundation
import ProgramTesting
import Testing

@Suite("Whatever is wrong with a data set is named")
struct DataProblemTests {
    @Test func soundDataHaveNoProblems() throws {
        let pascal = try PascalContext(
            root: Fixtures.path("PASCAL_MT"), split: "train", tasks: ReferenceLoaderTests.pascalTasks)
        #expect(try pascal.problems(tasks: pascal.tasks, workers: 2).isEmpty)
        let indoor = try NYUD(root: Fixtures.path("NYUD_MT_npy"), split: "train")
        let done = Counter()
        #expect(
            try indoor.examined(tasks: indoor.tasks, workers: 2) { _ in done.increment() }.problems.isEmpty)
        #expect(done.value == indoor.count)
    }

    /// Several kinds of damage at once: each is told, with the sample's name, in the order of the list.
    @Test(arguments: [1, 3]) func everyBrokenFileIsNamedWithItsSample(workers: Int) throws {
        try Fixtures.withCopy(of: "PASCAL_MT") { root in
            func write(_ bytes: [UInt8], _ path: String) throws {
                try Data(bytes).write(to: URL(fileURLWithPath: "\(root)/\(path)"))
            }
            // The list: 2010_000168, 2009_000020, 2009_000353, 2008_000057.
            try FileManager.default.removeItem(atPath: "\(root)/SaliencyDistill/2010_000168.png")
            let picture = try Fixtures.bytes("PASCAL_MT/JPEGImages/2009_000020.jpg")
            try write(Array(picture.prefix(500)), "JPEGImages/2009_000020.jpg")
            let other = try Fixtures.bytes("PASCAL_MT/SemanticSegmentation/Context/2009_000020.png")
            try write(other, "SemanticSegmentation/Context/2009_000353.png")
            let parts = try Fixtures.bytes("PASCAL_MT/PascalParts/2008_000057.mat")
            try write(Array(parts.dropLast(20)), "PascalParts/2008_000057.mat")
            let grey = PNGFile(height: 63, width: 90, pixels: .grey(Array(repeating: 21, count: 63 * 90)))
            try grey.write(to: "\(root)/SemanticSegmentation/Context/2008_000057.png")

            let tasks = ReferenceLoaderTests.pascalTasks
            let source = try PascalContext(root: root, split: "train", tasks: tasks)
            #expect(
                source.fileProblems(tasks: tasks).map(\.description) == [
                    "sample 2010_000168: \(root)/SaliencyDistill/2010_000168.png is missing; fetch it, or take the "
                        + "sample off the list."
                ])
            let problems = try source.problems(tasks: tasks, workers: workers)
            #expect(
                problems.map(\.identifier) == [
                    "2010_000168", "2009_000020", "2009_000353", "2008_000057", "2008_000057",
                ])
            let texts = problems.map(\.description)
            #expect(texts[0].contains("SaliencyDistill/2010_000168.png") && texts[0].contains("No such file"))
            #expect(texts[1].contains("JPEGImages/2009_000020.jpg") && texts[1].contains("cut short"))
            #expect(texts[2].contains("62 x 89") && texts[2].contains("semseg labels have 66 x 86"))
            #expect(texts[3].contains("PascalParts/2008_000057.mat: variable anno cannot be read"))
            #expect(texts[4].contains("row 0, column 0 has the class 21; classes are 0 to 20"))
            #expect(throws: SampleError.self) { try source.sample(at: 0, tasks: [.sal]) }
        }
    }

    // MARK: layouts

    @Test func foldersThatAreMissingAreNamed() throws {
        try withTemporaryPath { root in
            expectRefusal(root, contains: "RCM's archive has Context/trainval", "ASTMT's archive has", "data.root") {
                try PascalContext(root: root, split: "train", tasks: [.edge])
            }
        }
        func pascal(without name: String, task: LearningTask = .normals, _ parts: String) throws {
            try Fixtures.withCopy(of: "PASCAL_MT") { root in
                try FileManager.default.removeItem(atPath: "\(root)/\(name)")
                expectRefusal(root, contains: parts) {
                    try PascalContext(root: root, split: "train", tasks: [task])
                }
            }
        }
        try pascal(without: "JPEGImages", "the folder JPEGImages is missing")
        try pascal(without: "NormalsDistill", "normals needs the folder NormalsDistill, which is missing")
        try pascal(without: "Context", "normals needs the folder Context/trainval")
        try pascal(without: "Context", task: .edge, "edge needs the folder Context/trainval")
        try pascal(without: "PascalParts", task: .humanParts, "human_parts needs the folder PascalParts")
        try pascal(without: "json/nyu_classes.json", "json/nyu_classes.json: it cannot be read")
        try pascal(without: "ImageSets/Context/train.txt", "ImageSets/Context/train.txt: it cannot be read")
        expectRefusal(Fixtures.path("PASCAL_MT"), contains: "no labels of depth") {
            try PascalContext(root: Fixtures.path("PASCAL_MT"), split: "train", tasks: [.depth])
        }
        try Fixtures.withCopy(of: "NYUD_MT") { root in
            for name in ["edge", "depth", "normals", "segmentation"] {
                try FileManager.default.removeItem(atPath: "\(root)/\(name)")
            }
            expectRefusal(root, contains: "segmentation/1001.mat", "nor segmentation/1001.png") {
                try NYUD(root: root, split: "train")
            }
        }
    }

    @Test func aTaskWhoseFolderIsMissingLeavesTheOthers() throws {
        try Fixtures.withCopy(of: "PASCAL_MT_astmt") { root in
            try FileManager.default.removeItem(atPath: "\(root)/sal_distill")
            let source = try PascalContext(root: root, split: "val", tasks: [.edge])
            #expect(source.tasks == [.semseg, .humanParts, .edge, .normals])
            #expect(try source.sample(at: 0, tasks: [.edge]).labels[.edge] != nil)
        }
    }

    /// Pictures without persons are left off where there is no other task, which may leave none.
    @Test func aListWithoutPersonsIsRefusedForHumanPartsAlone() throws {
        try Fixtures.withCopy(of: "PASCAL_MT") { root in
            try Data(#"{"2008_000612": [1], "2010_000945": [2, 20]}"#.utf8)
                .write(to: URL(fileURLWithPath: "\(root)/ImageSets/Parts/val.txt"))
            expectRefusal(
                "\(root)/ImageSets/Context/val.txt", contains: "none of its pictures shows a person", "human_parts"
            ) {
                try PascalContext(root: root, split: "val", tasks: [.humanParts])
            }
            let both = try PascalContext(root: root, split: "val", tasks: [.humanParts, .semseg])
            #expect(both.count == 2)
        }
    }

    @Test func listsAreChecked() throws {
        try Fixtures.withCopy(of: "NYUD_MT") { root in
            let path = "\(root)/gt_sets/train.txt"
            func list(_ text: String) throws -> [String] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                return try NYUD(root: root, split: "train").identifiers
            }
            let names = try list("12\r\n\n  3 \n7")
            #expect(names == ["12", "3", "7"])
            expectRefusal(path, contains: "lists no name") { try list("\n\n") }
            expectRefusal(path, contains: "lists 12 twice") { try list("12\n3\n12\n") }
            // One name, written with and without composed letters.
            expectRefusal(path, contains: "twice") { try list("12\ne\u{301}\n\u{E9}\n") }
        }
    }

    /// What editors of Windows write before text, or in place of UTF-8.
    @Test func byteOrderMarksAreDroppedAndUTF16IsNamed() throws {
        try Fixtures.withCopy(of: "NYUD_MT") { root in
            let path = "\(root)/gt_sets/train.txt"
            func list(_ bytes: [UInt8]) throws -> [String] {
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                return try NYUD(root: root, split: "train").identifiers
            }
            let names = Array("12\r\n3\r\n".utf8)
            let marked = try list([0xEF, 0xBB, 0xBF] + names)
            #expect(marked == ["12", "3"])
            expectRefusal(path, contains: "UTF-16") { try list([0xFF, 0xFE] + names.flatMap { [$0, 0] }) }
            expectRefusal(path, contains: "UTF-16") { try list([0xFE, 0xFF] + names.flatMap { [0, $0] }) }
            expectRefusal(path, contains: "UTF-16") { try list(names.flatMap { [$0, 0] }) }
            expectRefusal(path, contains: "line 3 is not text in UTF-8") { try list(names + [0xE9, 10]) }
            expectRefusal(path, contains: "lists no name") { try list([0xEF, 0xBB, 0xBF]) }
        }
    }
}
