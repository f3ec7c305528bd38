import Configuration
import Foundation
import ProgramTesting
import Testing

@Suite struct MalformedFileTests {
    @Test(
        "What is no plain YAML document is refused at its place",
        arguments: [
            ("", "run.yaml: the configuration is empty; write at least one key, or {} for all the defaults"),
            (
                "# nothing\n\n",
                "run.yaml: the configuration is empty; write at least one key, or {} for all the defaults"
            ),
            (
                "training: {}\nmodel: {}\ntraining: {}\n",
                "run.yaml:1:1: training is given more than once in the same section; keep one"
            ),
            (
                "training: {batch: 4, \"batch\": 4}",
                "run.yaml:1:12: batch is given more than once in the same section; keep one"
            ),
            (
                "{}\n---\n{}\n",
                "run.yaml:2:1: a second document begins here; a configuration is one document, so remove the line ---"
            ),
        ])
    func document(text: String, complaint: String) {
        #expect(complaints(text) == complaint)
    }

    @Test(
        "Malformed YAML is refused at its line and column",
        arguments: [
            ("training:\n  batch: [1, 2\n", "run.yaml:3:1: this is not well-formed YAML: "),
            ("training:\n\tbatch: 1\n", "run.yaml:2:1: this is not well-formed YAML: "),
            ("training: {batch: 1\nmodel: {}\n", "run.yaml:2:6: this is not well-formed YAML: "),
            ("training: \"open\n", "run.yaml:2:1: this is not well-formed YAML: "),
            ("model: {}\ntraining: \u{1}\n", "run.yaml:2:11: this is not well-formed YAML: "),
        ])
    func malformed(text: String, beginning: String) {
        #expect(complaints(text).hasPrefix(beginning), "\(complaints(text))")
    }

    @Test(
        "Anchors, aliases, tags and block text are refused before they can expand",
        arguments: [
            ("model: &m {width: 8}\n", "run.yaml:1:8: an anchor"),
            ("model:\n  width: *w\n", "run.yaml:2:10: an alias"),
            ("training: {batch: !!int \"8\"}", "run.yaml:1:19: a tag"),
            ("output:\n  directory: |\n    runs\n", "run.yaml:2:14: block text"),
            ("--- {? *a : 1}", "run.yaml:1:8: an alias"),
            ("data: {'it''s': 1, \"a\":*b}", "run.yaml:1:24: an alias"),
            ("data: [[[1], *b]]", "run.yaml:1:14: an alias"),
            ("data:\n- - *b", "run.yaml:2:5: an alias"),
        ])
    func unsupported(text: String, beginning: String) {
        #expect(complaints(text).hasPrefix(beginning), "\(complaints(text))")
    }

    @Test("The same signs are free inside quotes, comments and plain text")
    func freeSigns() throws {
        let text = """
            # see *this*, and - &that: !all
            output: {directory: "a, *b: &c \\" !d"} # - *e
            model: {bank: '/r&d/it''s, *b'}
            data:
              root: /a b/*.c & | > d, *e
            """
        let configuration = try RunConfiguration.parse(text, file: "run.yaml")
        #expect(configuration.output.directory == "a, *b: &c \" !d")
        #expect(configuration.model.bank == "/r&d/it's, *b")
        #expect(configuration.data.root == "/a b/*.c & | > d, *e")
    }

    @Test("A few lines that stand for billions of values are refused, as keys and as values")
    func expandingAliases() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let items = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        #expect(complaints(text).hasPrefix("run.yaml:1:5: an anchor"))
        #expect(complaints(text + "? *a30\n: 1\n").hasPrefix("run.yaml:1:5: an anchor"))
    }

    @Test("A damaged file is read or refused with its place, whatever was damaged")
    func damaged() throws {
        let text = Array(RunConfiguration().yaml().unicodeScalars)
        let damages: [Unicode.Scalar] = [
            "\0", "\n", "\t", "\"", "'", "[", "}", ":", "-", "?", "%", "#", "\u{FEFF}", "é",
        ]
        for index in text.indices {
            var changed = text
            changed[index] = damages[index % damages.count]
            for scalars in [changed, Array(text[..<index])] {
                let file = String(String.UnicodeScalarView(scalars))
                let complaint = complaints(file)
                #expect(complaint.isEmpty || complaint.hasPrefix("run.yaml:"), "\(file)")
            }
        }
    }

    @Test("Nesting without end is refused and overflows no stack", arguments: ["[", "{a: ", "- ", "? "])
    func nesting(opening: String) {
        let text = complaints(String(repeating: opening, count: 100_000))
        #expect(text.hasPrefix("run.yaml:1:") && text.hasSuffix("lists and mappings lie too deep in each other"))
    }

    @Test("A file that is wrong in every line is told on one screen")
    func wrongEverywhere() {
        let lines = complaints((0..<100).map { "k\($0): 1" }.joined(separator: "\n")).split(separator: "\n")
        #expect(lines.count == 25 && lines.last == "and 76 more like these")
    }

    @Test("A file that cannot be read is refused by name")
    func unreadable() throws {
        try withTemporaryFolder { (folder: URL) throws in
            func complaint(_ name: String, holding bytes: [UInt8]? = nil) throws -> String {
                let url = folder.appendingPathComponent(name)
                if let bytes { try Data(bytes).write(to: url) }
                do throws(ConfigurationError) {
                    _ = try RunConfiguration.load(path: url.path)
                    return ""
                } catch {
                    return error.description.replacingOccurrences(of: folder.path + "/", with: "")
                }
            }
            #expect(
                try complaint("none.yaml") == "none.yaml: the configuration cannot be read: No such file or directory")
            #expect(
                try complaint("").hasPrefix("\(folder.path): this is a folder and no configuration; give a YAML file"))
            #expect(
                try complaint("bytes.yaml", holding: Array("a: b\nc: ".utf8) + [0xFF, 0xFE, 0x0A])
                    == "bytes.yaml:2:1: this line is not text in UTF-8")
            let large = [UInt8](repeating: 0x23, count: 1 << 20 + 1)
            #expect(
                try complaint("large.yaml", holding: large)
                    == "large.yaml: this is larger than 1048576 bytes, and so no configuration")
            #expect(try complaint("good.yaml", holding: Array("\u{FEFF}training: {batch: 4}\r\n".utf8)) == "")
        }
    }

    @Test("A device without end is refused")
    func endless() {
        #expect(throws: ConfigurationError.self) { try RunConfiguration.load(path: "/dev/zero") }
    }
}
