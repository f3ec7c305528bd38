import ArgumentParser
import Configuration
import ConvolutionEngine
import Inference
import Networks
import Reports
import Training

struct BenchInference: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inference",
        abstract: "Measures merged inference of one image, all tasks one after the other.",
        discussion: """
            Modulators and batch norms are part of the convolutions, whose filters are made ready beforehand. With --config \
            neither a data set nor a bank is read, and parameters are random. MODULOR_ISA=scalar|portable|avx2|avx512 \
            forces kernels.

            Examples:
              modulor bench inference --config launch/recipes/demo.yaml --threads 1
              modulor bench inference --model runs/demo/model --height 480 --width 640 --json
            """)

    @Option(help: "The configuration of a network, a YAML file.")
    var config: String?

    @OptionGroup var changes: OverrideOptions

    @Option(help: "The folder of a model or run, in place of --config.")
    var model: String?

    @Option(name: .customLong("task"), parsing: .singleValue, help: "A task; repeat it for several (default: all).")
    var tasks: [String] = []

    @Option(help: "The image's height in pixels.")
    var height = 512

    @Option(help: "The image's width in pixels.")
    var width = 512

    @Option(help: "Runs that are measured, after one that is not; the median counts.")
    var rounds = 5

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var threading: ThreadOptions
    @OptionGroup var kernels: KernelOptions

    func validate() throws {
        guard (config == nil) != (model == nil) else { throw ValidationError("give either --config or --model") }
        guard model == nil || changes.overrides.isEmpty else { throw ValidationError("--set changes a --config") }
        guard rounds > 0 else { throw ValidationError("--rounds is at least 1") }
        guard (1...16384).contains(height), (1...16384).contains(width) else {
            throw ValidationError("--height and --width are from 1 to 16384")
        }
    }

    func run() throws {
        let (kernels, pool) = (try kernels.request.kernels(), threading.pool())
        let networks: [MergedNetwork]
        if let config {
            let configuration = try RunConfiguration.load(path: config, overrides: changes.overrides)
            networks = try configuration.randomNetworks(tasks: tasks, kernels: kernels, pool: pool)
        } else {
            let model = try GivenFile.use { try StoredModel(opening: self.model!) }
            networks = try model.taskNames(tasks).map {
                try MergedNetwork(model, task: $0, kernels: kernels, pool: pool)
            }
        }
        let benchmark = try InferenceBenchmark(networks, height: height, width: width, kernels: kernels, pool: pool)
        let measurement = benchmark.run(rounds: rounds)
        Terminal.write(json ? try JSONOutput.object(measurement) : measurement.text + "\n")
    }
}
