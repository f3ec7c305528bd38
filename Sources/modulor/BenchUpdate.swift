import ArgumentParser
import Configuration
import ConvolutionEngine
import Reports
import Training

struct BenchUpdate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Measures an optimizer's update of many trained values.",
        discussion: """
            --set gives keys of training as in a configuration: the optimizer, clip_norm, average. \
            MODULOR_ISA=scalar|portable|avx2|avx512 forces kernels.

            Examples:
              modulor bench update --threads 1
              modulor bench update --set training.optimizer=adamw --set training.clip_norm=1 --json
            """)

    @OptionGroup var changes: OverrideOptions

    @Option(help: "Trained values.")
    var parameters = 1 << 24

    @Option(help: "Updates that are measured, after one that is not; the median counts.")
    var rounds = 5

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var threading: ThreadOptions
    @OptionGroup var kernels: KernelOptions

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds is at least 1") }
        guard (1...1 << 32).contains(parameters) else {
            throw ValidationError("--parameters is from 1 to \(1 << 32)")
        }
    }

    func run() throws {
        let settings = try RunConfiguration.parse("{}", file: "", overrides: changes.overrides).training
        let benchmark = UpdateBenchmark(
            settings, count: parameters, kernels: try kernels.request.kernels(), pool: threading.pool())
        let measurement = benchmark.run(rounds: rounds)
        Terminal.write(json ? try JSONOutput.object(measurement) : measurement.text + "\n")
    }
}
