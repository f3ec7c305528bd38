import Foundation
import ProgramTesting
import Testing

/// The documentation says what is so: its commands run, its paths exist, and it names every command there is.
@Suite(.serialized) struct DocumentationTests {
    /// YourOwnDataTests follows that article.
    private static let followed = Document.all.filter { !$0.steps.isEmpty && $0.name != "YourOwnData.md" }

    @Test("every command of a page runs", arguments: followed)
    func commands(_ document: Document) throws {
        try withTemporaryFolder { folder in
            try Reader(in: folder, reading: document).follow(document)
        }
    }

    /// A block of Python, and the page that it stands on.
    private struct Snippet: CustomTestStringConvertible, Sendable {
        let document: Document
        let code: String

        var lines: [Substring] { code.split(separator: "\n") }
        /// What a machine has or has not.
        var imports: String {
            lines.filter { $0.hasPrefix("import ") || $0.hasPrefix("from ") }.joined(separator: "; ")
        }
        var testDescription: String { "\(document.name): \(lines.first ?? "")" }
    }

    private static let snippets: [Snippet] = Document.all.flatMap { document in
        document.steps.compactMap { step -> Snippet? in
            guard case .python(let code) = step else { return nil }
            return Snippet(document: document, code: code)
        }
    }

    @Test("Python of a page runs after its commands", arguments: snippets)
    private func python(_ snippet: Snippet) throws {
        guard Python.runs(snippet.imports) else {
            try Test.cancel("needs a Python that can '\(snippet.imports)' (python3 of the path, or MODULOR_PYTHON)")
        }
        try withTemporaryFolder { folder in
            let reader = try Reader(in: folder, reading: snippet.document)
            try reader.follow(snippet.document)
            try reader.run(python: snippet.code)
        }
    }

    @Test("what is not run here stands on a page, and README.md names what no test runs")
    func exceptions() throws {
        let commands = Document.all.flatMap(\.steps).compactMap { step -> String? in
            guard case .command(let command) = step else { return nil }
            return command
        }
        for part in Array(Reader.untested.keys) + Array(Reader.testedElsewhere.keys) {
            #expect(commands.contains { $0.contains(part) }, "\(part)")
        }
        let readme = try #require(Document.all.first).text.replacing("\n", with: " ")
        let sentence = try #require(
            readme.firstMatch(of: #/Every command in them is run by the tests, but for ([^.]*)\./#))
        let named = sentence.1.matches(of: #/`([^`]*)`/#).map { String($0.1) }
        #expect(named.sorted() == Reader.untested.keys.sorted())
    }

    @Test("commands stand where they are run, and not in other blocks", arguments: Document.all)
    func blocks(_ document: Document) {
        let lines = document.text.split(separator: "\n")
        var isInside = false
        for line in lines {
            // What a fence opens is run or read, or it has no place here.
            if line.hasPrefix("```") {
                isInside.toggle()
                #expect(!isInside || ["sh", "yaml", "python"].contains(line.dropFirst(3)), "\(line)")
            }
            let isCommand = line.firstMatch(of: #/^    (\./)?(modulor|launch/|cluster/)/#) != nil
            #expect(isInside || !isCommand, "\(line)")
        }
    }

    @Test("files and folders that a page names exist", arguments: Document.all)
    func paths(_ document: Document) {
        for match in document.text.matches(of: #/`((?:Sources|Tests|launch|cluster)/[^`\s]*)/#) {
            // "Sources/Graph/GraphMerger.swift:12" has no place here, and "launch/recipes/*.yaml" is a folder's content.
            let path = match.1.prefix { $0 != "*" && $0 != "…" && $0 != "{" }
            let file = RunningJob.root.appendingPathComponent(String(path)).path
            #expect(FileManager.default.fileExists(atPath: file), "\(path)")
        }
    }

    @Test("README.md lists the commands that there are, each once")
    func table() throws {
        let readme = try #require(Document.all.first)
        let listed = readme.text.matches(of: #/\| `modulor ([a-z-]+(?: [a-z]+)?)(?=[ `])/#).map { String($0.1) }
        func commands(_ path: [String]) throws -> [String] {
            let help = try Program.run(path + ["--help"]).output
            guard let list = help.components(separatedBy: "\nSUBCOMMANDS:\n").dropFirst().first else {
                return [path.joined(separator: " ")]
            }
            let names = list.split(separator: "\n").compactMap { line in
                line.firstMatch(of: #/^  ([a-z-]+)/#).map { String($0.1) }
            }
            return try names.filter { $0 != "help" }.flatMap { try commands(path + [$0]) }
        }
        #expect(try listed.sorted() == commands([]).sorted())
    }

    @Test("README.md links every article, once")
    func articles() throws {
        let readme = try #require(Document.all.first)
        let linked = readme.text.matches(of: #/\]\(Sources/modulor/Modulor\.docc/([A-Za-z]+\.md)\)/#).map {
            String($0.1)
        }
        let articles = Document.all.map(\.name).filter { $0 != "README.md" && $0 != "Modulor.md" }
        #expect(linked.sorted() == articles.sorted())
    }

    /// What the site's first page links to.
    private struct StartPage: Decodable {
        struct Section: Decodable {
            let identifiers: [String]
        }

        let topicSections: [Section]
    }

    private static let hasCompiler =
        (try? Program.run(
            ["docc", "--help"], executable: URL(fileURLWithPath: "/usr/bin/env")))?.status == 0

    @Test("one command builds all pages, without a warning", .enabled(if: hasCompiler, "docc is not in PATH"))
    func site() throws {
        try withTemporaryFolder { folder in
            let outcome = try Program.run(
                [folder.path], executable: RunningJob.root.appendingPathComponent("launch/document"))
            #expect(outcome.status == 0, "\(outcome.errors)")
            for document in Document.all where document.name != "README.md" {
                let name = document.name.dropLast(".md".count).lowercased()
                let page = name == "modulor" ? name : "modulor/\(name)"
                let path = folder.appendingPathComponent("documentation/\(page)/index.html").path
                #expect(FileManager.default.fileExists(atPath: path), "\(page)")
            }
            let start = try JSONDecoder().decode(
                StartPage.self,
                from: Data(contentsOf: folder.appendingPathComponent("data/documentation/modulor.json")))
            let topics = start.topicSections.flatMap(\.identifiers).compactMap { $0.split(separator: "/").last }
            let articles = Document.all.map { $0.name.dropLast(".md".count) }.filter {
                !["README", "Modulor"].contains($0)
            }
            #expect(topics.sorted() == articles.sorted())
        }
    }
}
