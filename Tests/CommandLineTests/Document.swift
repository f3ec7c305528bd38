import Foundation
import Testing

/// A page of the documentation: README.md, or an article of Modulor.docc.
///
/// Commands stand in blocks that are marked `sh`, and nowhere else; a block that is marked `yaml` and begins with the
/// comment `# NAME.yaml` is that file; one that is marked `python` is run as a whole.
struct Document: CustomTestStringConvertible, Sendable {
    enum Step: Equatable {
        case command(String)
        case file(name: String, content: String)
        case python(String)
    }

    let name: String
    let text: String
    /// What there is to do, in the order of the page.
    let steps: [Step]

    var testDescription: String { name }

    /// All pages.
    static let all: [Document] = {
        let articles = RunningJob.root.appendingPathComponent("Sources/modulor/Modulor.docc")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: articles.path)) ?? []
        let pages = names.filter { $0.hasSuffix(".md") }.sorted().map { articles.appendingPathComponent($0) }
        return ([RunningJob.root.appendingPathComponent("README.md")] + pages).map { Document(page: $0) }
    }()

    private init(page: URL) {
        let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
        name = page.lastPathComponent
        self.text = text
        steps = Self.blocks(text).flatMap(Self.steps)
    }

    /// The fenced blocks: what they are marked with, and their lines.
    private static func blocks(_ text: String) -> [(mark: Substring, lines: [Substring])] {
        let parts = text.split(separator: "\n", omittingEmptySubsequences: false).split(
            omittingEmptySubsequences: false
        ) {
            $0.hasPrefix("```")
        }
        let marks = text.split(separator: "\n").filter { $0.hasPrefix("```") }.map { $0.dropFirst(3) }
        // Between two fences is a block, between two blocks is prose.
        return stride(from: 1, to: parts.count, by: 2).map { (marks[$0 - 1], Array(parts[$0])) }
    }

    private static func steps(_ mark: Substring, _ lines: [Substring]) -> [Step] {
        switch mark {
        case "sh":
            let joined = lines.joined(separator: "\n").replacing(#/\\\n\s*/#, with: "")
            return joined.split(separator: "\n").compactMap { line in
                let command = line.replacing(#/\s+# .*/#, with: "").trimmingCharacters(in: .whitespaces)
                return command.isEmpty || command.hasPrefix("#") ? nil : .command(command)
            }
        case "yaml":
            guard let name = lines.first?.wholeMatch(of: #/# (\S+\.yaml).*/#)?.1 else { return [] }
            return [.file(name: String(name), content: lines.joined(separator: "\n") + "\n")]
        case "python": return [.python(lines.joined(separator: "\n"))]
        default: return []
        }
    }
}
