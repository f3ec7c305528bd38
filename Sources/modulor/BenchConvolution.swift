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

    @OptionGroup var options: MeasurementOptions

    func run() throws {
        let benchmark = try ConvolutionBenchmark(
            options.configuration(), kernels: options.kernels.request.kernels())
        let measurement = benchmark.run(rounds: options.rounds)
        Terminal.write(options.json ? try JSONOutput.object(measurement) : measurement.text + "\n")
    }
}
