import Datasets
import Foundation
import ProgramTesting
import Testing

@Suite("Folders of pictures are read")
struct ClassifiedFolderTests {
    /// Two classes; `val` has pictures of one.
    private func withFolder(_ body: (String) throws -> Void) throws {
        try withTemporaryPath { root in
            for (path, level) in [
                ("train/cat/b.png", 1), ("train/cat/a.PNG", 2), ("train/ant/deep/c.png", 3), ("val/cat/d.png", 4),
            ] {
                let url = URL(fileURLWithPath: "\(root)/\(path)")
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                let pixels = [UInt8](repeating: UInt8(level), count: 2 * 3)
                try PNGFile(height: 2, width: 3, pixels: .grey(pixels)).write(to: url.path)
            }
            try Data("notes".utf8).write(to: URL(fileURLWithPath: "\(root)/train/cat/readme.txt"))
            try body(root)
        }
    }

    @Test func everyFolderIsAClass() throws {
        try withFolder { root in
            let training = try ClassifiedFolder(root: root, split: "train")
            #expect(training.classNames == ["ant", "cat"])
            #expect(training.identifiers == ["train/ant/deep/c.png", "train/cat/a.PNG", "train/cat/b.png"])
            #expect((0..<3).map { training.classIndex(at: $0) } == [0, 1, 1])
            #expect(try training.sample(at: 1, tasks: []).image.values == [Float](repeating: 2, count: 2 * 3 * 3))
            let validation = try ClassifiedFolder(root: root, split: "val")
            #expect(validation.classNames == ["ant", "cat"] && validation.classIndex(at: 0) == 1)
        }
    }

    @Test func picturesLieAtAnyDepth() throws {
        try withFolder { root in
            let folder = try PictureFolder(root: root)
            #expect(folder.count == 4 && folder.identifiers.last == "val/cat/d.png")
            #expect(try folder.sample(at: 3, tasks: []).image.values[0] == 4)
        }
    }

    @Test func whatIsWrongIsNamed() throws {
        try withFolder { root in
            let broken = "\(root)/train/cat/b.png"
            try Data("no picture".utf8).write(to: URL(fileURLWithPath: broken))
            let training = try ClassifiedFolder(root: root, split: "train")
            let unreadable = #expect(throws: SampleError.self) { try training.sample(at: 2, tasks: []) }
            #expect(unreadable?.description.contains(broken) == true)

            let dog = "\(root)/val/dog"
            try FileManager.default.createDirectory(atPath: dog, withIntermediateDirectories: true)
            let unknown = #expect(throws: DataFileError.self) { try ClassifiedFolder(root: root, split: "val") }
            #expect(unknown?.path == dog && unknown?.description.contains("no such class") == true)
            try FileManager.default.createDirectory(atPath: "\(root)/train/dog", withIntermediateDirectories: true)
            let empty = #expect(throws: DataFileError.self) { try ClassifiedFolder(root: root, split: "train") }
            #expect(empty?.path == "\(root)/train/dog" && empty?.description.contains("no picture") == true)
            #expect(throws: DataFileError.self) { try ClassifiedFolder(root: "\(root)/nowhere", split: "train") }
            #expect(throws: DataFileError.self) { try PictureFolder(root: "\(root)/val/dog") }
        }
    }
}
