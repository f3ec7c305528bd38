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
              modulor bench convolution --config my.yaml --threads 1 --tune
            """)

    @OptionGroup var options: MeasurementOptions

    func run() throws {
        let configuration = try options.configuration()
        let kernels = try options.kernels.request.kernels(benchmarking: configuration, watch: { $0.show() })
        let measurement = ConvolutionBenchmark(configuration, kernels: kernels).run(rounds: options.rounds) {
            Terminal.status("measuring layers: \($0) of \($1)")
            if $0 == $1 { Terminal.endStatus() }
        }
        Terminal.write(options.json ? try JSONOutput.object(measurement) : measurement.text + "\n")
    }
}
