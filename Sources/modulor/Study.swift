import ArgumentParser
import Reports

struct StudyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study",
        abstract: "Sums up an ablation that launch/study made: a table in Markdown, and plots as SVG files.",
        discussion: """
            Reads DIR/METHOD/SEED/RUN with the figures.json that modulor evaluate --json gave, as far as it is finished, \
            and writes study-delta.svg, study-parameters.svg and study-convergence.svg into DIR.

            Examples:
              modulor study runs/study
              modulor study runs/study --json > study.json
              modulor study runs/study --article Study.md
            """)

    @Argument(help: .init("The folder of the study.", valueName: "dir"))
    var folder: String

    @Option(help: "Write the section \"What came out\" of this article anew, with the plots beside it.")
    var article: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let study = try Study(folder: folder)
        let plots = try study.writePlots(to: folder)
        Terminal.write(json ? try JSONOutput.object(study) : study.text + "\n")
        if let article { try study.write(intoArticle: article) }
        for plot in plots { Terminal.progress("plot: \(plot.path)") }
    }
}
