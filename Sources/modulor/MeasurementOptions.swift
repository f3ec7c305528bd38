import ArgumentParser
import Configuration
import Training

/// What is measured, and how: the options of benchmarks that time a configuration in rounds.
struct MeasurementOptions: ParsableArguments {
    @Option(help: "The configuration, a YAML file.")
    var config: String

    @OptionGroup var changes: OverrideOptions

    @Option(help: "Worker threads (default: parallel.threads of the configuration).")
    var threads: Int?

    @Option(help: "Rounds that are measured, after one that is not; the median counts.")
    var rounds = 5

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var kernels: TuningOptions

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds is at least 1") }
    }

    func configuration() throws -> RunConfiguration {
        let own = threads.map { ["parallel.threads=\($0)"] } ?? []
        return try RunConfiguration.load(path: config, overrides: changes.overrides + own)
    }
}
