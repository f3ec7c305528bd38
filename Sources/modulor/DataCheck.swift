import ArgumentParser
import Configuration
import Reports
import Training

struct DataCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Reads every sample that a configuration trains and validates on, and shows what they hold.",
        discussion: """
            Shown are the sizes of pictures and, for every task, how much is known and what it is: metres of depth, shares \
            of classes, lengths and directions of normals. What is wrong is named, of each kind the first few; what is \
            unlikely to be meant is warned of. The status is 1 where something is wrong.

            Examples:
              modulor data check my.yaml
              modulor data check my.yaml --html --output checked
              modulor data check launch/recipes/imagenet-bank.yaml --pretraining --set data.root=imagenet
            """)

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "The configuration is one of modulor pretrain.")
    var pretraining = false

    @Option(help: "The one list to look at, such as val, in place of train and val.")
    var split: String?

    @Option(help: "The folder to write contact-sheet.png to: some samples with their labels.")
    var output: String?

    @Flag(help: "Write data.html there too, one page with all that was found; without --output, to data-check.")
    var html = false

    func validate() throws {
        guard !pretraining || split == nil else { throw ValidationError("--pretraining has no --split") }
    }

    func run() throws {
        let report = try pretraining ? pictures() : samples()
        for problem in report.problemLines() { Terminal.note(problem) }
        for warning in report.warnings { Terminal.note("warning: \(warning)") }
        if !report.summary.isEmpty { Terminal.line(report.summary) }
        if let folder = output ?? (html ? "data-check" : nil) {
            for path in try DataPage(report, name: options.config).write(to: folder, page: html) { Terminal.line(path) }
        }
        Terminal.line(DataPage.counts(of: report))
        if !report.problems.isEmpty { throw ExitCode(1) }
    }

    private func samples() throws -> DataReport {
        let configuration = try options.load(RunConfiguration.self)
        return try DataReport(
            configuration.data, tasks: configuration.tasks.map(\.task), only: split, observe: Self.tell)
    }

    private func pictures() throws -> DataReport {
        try DataReport(options.load(PretrainConfiguration.self).data, observe: Self.tell)
    }

    @Sendable private static func tell(_ done: Int, of all: Int) {
        if done % 100 == 0 || done == all { Terminal.status("\(done) of \(all) samples read") }
        if done == all { Terminal.endStatus() }
    }
}
