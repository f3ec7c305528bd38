import ArgumentParser
import Configuration
import Reports
import Training

struct DataCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Reads every sample that a configuration trains and validates on, and names what is wrong.",
        discussion: """
            Examples:
              modulor data check my.yaml
              modulor data check launch/recipes/imagenet-bank.yaml --pretraining --set data.root=imagenet
            """)

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "The configuration is one of modulor pretrain.")
    var pretraining = false

    func run() throws {
        let report = try pretraining ? pictures() : samples()
        for problem in report.problems { Terminal.note(problem) }
        Terminal.line(
            "\(Figure.number(report.trainingCount, "sample")) to train on, \(report.validationCount) to validate on, "
                + "\(Figure.number(report.problems.count, "problem"))")
        if !report.problems.isEmpty { throw ExitCode(1) }
    }

    private func samples() throws -> DataReport {
        let configuration = try options.load(RunConfiguration.self)
        return try DataReport(configuration.data, tasks: configuration.tasks.map(\.task), observe: Self.tell)
    }

    private func pictures() throws -> DataReport {
        try DataReport(options.load(PretrainConfiguration.self).data, observe: Self.tell)
    }

    @Sendable private static func tell(_ done: Int, of all: Int) {
        if done % 100 == 0 || done == all { Terminal.status("\(done) of \(all) samples read") }
        if done == all { Terminal.endStatus() }
    }
}
