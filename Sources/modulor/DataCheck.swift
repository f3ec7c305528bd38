import ArgumentParser
import Configuration
import Training

struct DataCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Reads every sample that a configuration trains and validates on, and names what is wrong.",
        discussion: """
            Example:
              modulor data check my.yaml
            """)

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        let configuration = try options.load(RunConfiguration.self)
        let report = try DataReport(configuration.data, tasks: configuration.tasks.map(\.name)) { done, all in
            Terminal.status("\(done)/\(all) samples read")
        }
        Terminal.endStatus()
        for problem in report.problems { Terminal.note(problem) }
        print(
            "\(report.trainingCount) samples to train on, \(report.validationCount) to validate on, "
                + "\(report.problems.count) problems")
        if !report.problems.isEmpty { throw ExitCode(1) }
    }
}
