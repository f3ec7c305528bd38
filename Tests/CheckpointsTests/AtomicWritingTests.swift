import Checkpoints
import Foundation
import ProgramTesting
import Testing

@Suite struct AtomicWritingTests {
    struct Interruption: Error {}

    @Test func aFileIsReplacedWholeOrNotAtAll() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write(to: folder("f")) { try $0.write("old") }
        #expect(throws: Interruption.self) {
            try AtomicFile.write(to: folder("f")) { writer in
                try writer.write("half of the n")
                #expect(try bytes(of: folder("f")) == Array("old".utf8))
                #expect(try names(in: folder.path).count == 2)
                throw Interruption()
            }
        }
        #expect(try bytes(of: folder("f")) == Array("old".utf8))
        #expect(try names(in: folder.path) == ["f"])
        try AtomicFile.write(to: folder("f")) { try $0.write("new") }
        #expect(try bytes(of: folder("f")) == Array("new".utf8))
        #expect(try names(in: folder.path) == ["f"])
    }

    @Test func aFolderIsReplacedWholeOrNotAtAll() throws {
        let folder = try TemporaryFolder()
        let path = folder("d")
        try AtomicFolder.write(to: path, ifPresent: .refuse) { try $0.write("a") { try $0.write("old") } }
        #expect(throws: Interruption.self) {
            try AtomicFolder.write(to: path, ifPresent: .replace) { staged in
                try staged.write("b") { try $0.write("new") }
                try staged.makeFolder("c")
                #expect(try names(in: path) == ["a"])
                throw Interruption()
            }
        }
        let refusal = sentence {
            try AtomicFolder.write(to: path, ifPresent: .refuse) { try $0.write("b") { try $0.write("new") } }
        }
        #expect(refusal?.contains("cannot write \(path): Directory not empty") == true)
        #expect(try names(in: folder.path) == ["d"])
        #expect(try names(in: path) == ["a"])

        try AtomicFolder.write(to: path, ifPresent: .replace) { try $0.write("b") { try $0.write("new") } }
        #expect(try names(in: folder.path) == ["d"])
        #expect(try names(in: path) == ["b"])
    }

    @Test func whatAKilledWriterLeftIsRemovedByTheNextOne() throws {
        let folder = try TemporaryFolder()
        try put([1], at: folder(".f.tmp-12ab"))
        try put([2], at: folder(".g.tmp-12ab"))
        try FileManager.default.createDirectory(atPath: folder(".f.tmp-3"), withIntermediateDirectories: false)
        try put([3], at: folder(".f.tmp-3/x"))
        try AtomicFile.write(to: folder("f")) { try $0.write("new") }
        #expect(try names(in: folder.path) == [".g.tmp-12ab", "f"])
    }

    @Test func aPlaceThatCannotBeWrittenIsNamed() throws {
        let folder = try TemporaryFolder()
        try put([1], at: folder("file"))
        let below = folder("file/below")
        #expect(
            sentence { try AtomicFile.write(to: below) { try $0.write("x") } }
                == "cannot write \(below): Not a directory; "
                + "a part of this path is a file and not a folder, choose another path")
        #expect(
            sentence { try AtomicFolder.write(to: below, ifPresent: .replace) { _ in } }?
                .hasPrefix("cannot write \(below): Not a directory") == true)
        #expect(
            sentence { try AtomicFile.write(to: folder("none/f")) { try $0.write("x") } }?
                .hasPrefix("cannot write \(folder("none/f")): No such file or directory") == true)
        #expect(
            sentence { try AtomicFile.write(to: "/proc/modulor") { try $0.write("x") } }?
                .hasPrefix("cannot write /proc/modulor: ") == true)
        #expect(try names(in: folder.path) == ["file"])
        #expect(try bytes(of: folder("file")) == [1])
    }

    @Test func aFileIsNotPutInPlaceOfAFolder() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder("d"), withIntermediateDirectories: false)
        #expect(
            sentence { try AtomicFile.write(to: folder("d")) { try $0.write("x") } }?
                .hasPrefix("cannot write \(folder("d")): Is a directory") == true)
        #expect(try names(in: folder.path) == ["d"])
    }

    @Test func aFullDiskIsNamed() throws {
        let descriptor = open("/dev/full", O_WRONLY)
        try #require(descriptor >= 0)
        var writer = FileWriter(descriptor: descriptor, path: "RUN/model.yaml")
        var text = ""
        do { try writer.write("x") } catch { text = "\(error)" }
        #expect(
            text == "cannot write RUN/model.yaml: No space left on device; "
                + "free space on that disk or choose another folder")
    }
}
