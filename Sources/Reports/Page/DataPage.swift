import Checkpoints
import Datasets
import Foundation
import Tasks
import Training

/// What `modulor data check` leaves to look at: some labelled samples side by side, and a page with all that was found.
package struct DataPage {
    private let report: DataReport
    private let name: String
    private let sheet: Picture

    /// Rows of the sheet, and the longest side of a picture in it.
    private static let sampleCount = 8
    private static let side = 240

    /// Reads the samples of the sheet, spread over the training list; those that cannot be read are left out.
    ///
    /// - Parameter name: what the data set is called on the page.
    package init(_ report: DataReport, name: String) {
        self.report = report
        self.name = name
        var sheet = ContactSheet(tasks: report.tasks, predictions: false)
        let count = min(Self.sampleCount, report.trainingCount)
        for row in 0..<count {
            let index = row * (report.trainingCount - 1) / max(count - 1, 1)
            guard let sample = try? report.training.sample(at: index, tasks: report.tasks) else { continue }
            let image = sample.image.withView { Picture(image: $0) }
            let truths = report.tasks.map { SampleGallery.picture(of: sample, task: $0).shrunk(toFit: Self.side) }
            sheet.add(image: image.shrunk(toFit: Self.side), truths: truths)
        }
        self.sheet = sheet.picture()
    }

    /// Writes `contact-sheet.png` and, where it is asked for, `data.html` to a folder, which is made where it is missing.
    ///
    /// - Returns: the paths of what was written.
    /// - Throws: `FileSystemError`, `DataFileError`.
    package func write(to folder: String, page: Bool) throws -> [String] {
        try Folder.create(folder)
        let picture = "\(folder)/contact-sheet.png"
        try PNGFile(sheet).write(to: picture)
        guard page else { return [picture] }
        let path = "\(folder)/data.html"
        try AtomicFile.write(to: path) { try $0.write(html) }
        return [picture, path]
    }

    private var html: String {
        let picture = Data(PNGFile(sheet).encoded()).base64EncodedString()
        return page(
            name,
            main: """
                <header><p class="over">Data</p><h1>\(escaped(name))</h1>
                <p class="lead">\(escaped(Self.counts(of: report)))</p></header>
                \(section("Labels", figures))
                \(section("Warnings", list(report.warnings)))
                \(section("Problems", list(report.problemLines())))
                \(section("Samples", "<img src=\"data:image/png;base64,\(picture)\" alt=\"Samples\" style=\"max-width:100%\">"))
                """)
    }

    /// How many samples and problems there are, as a sentence.
    package static func counts(of report: DataReport) -> String {
        (report.split.map { "\(Figure.number(report.trainingCount, "sample")) of \($0), " }
            ?? "\(Figure.number(report.trainingCount, "sample")) to train on, \(report.validationCount) to validate on, ")
            + Figure.number(report.problems.count, "problem")
            + (report.warnings.isEmpty ? "" : ", \(Figure.number(report.warnings.count, "warning"))")
    }

    private var figures: String {
        let text = report.summary
        guard !text.isEmpty else { return "" }
        var table = HTMLTable(["list", "labels"])
        for (name, examination) in [(report.split ?? "train", report.trained), ("val", report.validated)] {
            for labels in examination?.labels ?? [] {
                let lines = DataReport.lines(labels, classes: report.training.classNames(of: labels.task))
                table.add([name, lines.map(escaped).joined(separator: "<br>")])
            }
        }
        return "<p>\(escaped(text.split(separator: "\n").first.map(String.init) ?? ""))</p>" + table.html
    }

    private func section(_ title: String, _ content: String) -> String {
        content.isEmpty ? "" : "<section><h2>\(title)</h2>\(content)</section>"
    }

    private func list(_ sentences: [String]) -> String {
        sentences.isEmpty ? "" : "<ul>\(sentences.map { "<li>\(escaped($0))</li>" }.joined(separator: "\n"))</ul>"
    }
}
