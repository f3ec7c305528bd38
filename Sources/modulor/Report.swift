import ArgumentParser
import Reports

struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes one HTML file about a run: how to repeat it, how it went, and what came of it.",
        discussion: """
            The file needs nothing beside itself, and may be sent by mail. Training writes it at its end, to report.html \
            in the run's folder; until then this command tells how far the run is.

            Examples:
              modulor report runs/demo
              modulor report runs/joint --baseline runs/only-semseg --baseline runs/only-depth --to joint.html
            """)

    @Argument(help: .init("The folder of the run.", valueName: "run"))
    var folder: String

    @Option(parsing: .singleValue, help: "The folder of a run to compare with; may be given several times.")
    var baseline: [String] = []

    @Option(help: "The file that is written (default: report.html in the run's folder).")
    var to: String?

    func validate() throws {
        // What has another name is another thing, and not to be written over.
        guard to.map({ $0.hasSuffix(".html") }) ?? true else {
            throw ValidationError("--to names a file that ends in .html")
        }
    }

    func run() throws {
        let report = try RunReport(of: folder, baselines: baseline)
        for damage in report.damages { Terminal.note(damage) }
        Terminal.line(try report.write(to: to))
    }
}
