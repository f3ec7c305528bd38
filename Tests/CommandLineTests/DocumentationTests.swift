import Foundation
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

    @Test("commands stand where they are run, and not in other blocks", arguments: Document.all)
    func blocks(_ document: Document) {
        let lines = document.text.split(separator: "\n")
        var isInside = false
        for line in lines {
            if line.hasPrefix("```") { isInside.toggle() }
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
