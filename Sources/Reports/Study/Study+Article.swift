import Checkpoints
import Foundation
import Training

extension Study {
    private static let heading = "## What came out\n"

    /// Puts the study into an article: the section "What came out" is written anew, with table, plots and the sessions that
    /// `launch/study` noted in `sessions.md`; the plots are put beside the article.
    ///
    /// - Throws: `UsageError` where the article has no such section; `FileSystemError`.
    package func write(intoArticle path: String) throws {
        let url = URL(fileURLWithPath: path)
        guard let article = try? String(contentsOf: url, encoding: .utf8),
            let start = article.range(of: Self.heading)
        else { throw UsageError("\(path) is no article with a section \"What came out\"") }
        let rest = article[start.upperBound...]
        let end = rest.range(of: "\n## ").map { article.index(after: $0.lowerBound) } ?? article.endIndex
        let plots = try writePlots(to: url.deletingLastPathComponent().path)
        let pictures = plots.map { "![\($0.title)](\(($0.path as NSString).lastPathComponent))\n" }
        let section = ([Self.heading] + sessions + [self.text + "\n"] + pictures).joined(separator: "\n")
        let gap = end == article.endIndex ? "" : "\n"
        let text = "\(article[..<start.lowerBound])\(section)\(gap)\(article[end...])"
        try AtomicFile.write(to: path) { try $0.write(text) }
    }

    private var sessions: [String] {
        guard let text = try? String(contentsOfFile: folder + "/sessions.md", encoding: .utf8) else { return [] }
        return [text]
    }
}
