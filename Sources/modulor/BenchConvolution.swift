import ArgumentParser
import Configuration
import Reports
import Training

struct BenchConvolution: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convolution",
        abstract: "Measures the convolutions of a configuration one by one, against OpenBLAS over gathered patches.",
        discussion: """
            GFLOP/s are by direct counting, whatever the algorithm. OPENBLAS_CORETYPE chooses OpenBLAS's kernels.

            Examples:
              modulor bench convolution --config launch/recipes/demo.yaml
              modulor bench convolution --config my.yaml --threads 1 --rounds 3 --json
            """)

    @Option(help: "The configuration, a YAML file.")
    var config: String

    @Option(name: .customLong("set"), parsing: .singleValue, help: "Override a key: section.key=value.")
    var overrides: [String] = []

    @Option(help: "Worker threads (default: parallel.threads of the configuration).")
    var threads: Int?

    @Option(help: "Paired rounds that are measured, after one that is not; the median counts.")
    var rounds = 5

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var kernels: KernelOptions

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds is at least 1") }
    }

    func run() throws {
        let own = threads.map { ["parallel.threads=\($0)"] } ?? []
        let configuration = try RunConfiguration.load(path: config, overrides: overrides + own)
        let measurement = try ConvolutionBenchmark(configuration, kernels: kernels.request.kernels())
            .run(rounds: rounds)
        Terminal.write(json ? try JSONOutput.object(measurement) : measurement.text + "\n")
    }
}
