import ArgumentParser
import Collectives
import Configuration
import ConvolutionEngine
import Foundation
import Inference
import Networks
import Reports
import Training

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures how fast this machine trains and predicts.",
        subcommands: [
            BenchStep.self, BenchConvolution.self, BenchInference.self, BenchUpdate.self, BenchAllreduce.self,
            BenchScaling.self,
        ])
}

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

struct BenchStep: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Measures the training step of a configuration, on random data.",
        discussion: """
            Neither the data set nor the bank is read. MODULOR_ISA=scalar|portable|avx2|avx512 forces kernels.

            Examples:
              modulor bench step --config launch/recipes/demo.yaml
              modulor bench step --config my.yaml --set 'data.crop=[512, 512]' --threads 1 --profile
              modulor bench step --config my.yaml --tune
              launch/mpirun -n 2 bench step --config my.yaml --trace step.json
            """)

    @OptionGroup var options: MeasurementOptions

    @Flag(help: "Tell where the time goes, by kind of node and by layer.")
    var profile = false

    @Option(help: "Write what every rank did when to this file, which ui.perfetto.dev opens.")
    var trace: String?

    func run() throws {
        try Job.run { team in try measure(team) }
    }

    private func measure(_ team: RankTeam) throws {
        let configuration = try options.configuration()
        let kernels = try options.kernels.request.kernels(
            benchmarking: configuration, team: team, watch: { $0.show() })
        let benchmark = try StepBenchmark(
            configuration, kernels: kernels, team: team, trace: try team.trace(for: trace))
        let measurement = try benchmark.run(rounds: options.rounds, profile: profile)
        if let trace { try team.write(benchmark.timelines(), to: trace) }
        guard team.isFirst else { return }
        Terminal.write(options.json ? try JSONOutput.object(measurement) : measurement.text + "\n")
    }
}

struct BenchAllreduce: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "allreduce",
        abstract: "Measures how fast ranks add up gradients.",
        discussion: """
            Prints, per size and for either reduction, the time and the algorithmic and the bus bandwidth (10⁹ bytes per \
            second), as collective benchmarks define them: bus = algorithmic × 2 (R − 1) / R.

            Examples:
              launch/mpirun -n 2 bench allreduce
              launch/mpirun -n 4 bench allreduce --largest 4194304 --json
            """)

    @Option(help: "Bytes of the smallest bucket; sizes double from it.")
    var smallest = 1024

    @Option(help: "Bytes of the largest bucket.")
    var largest = 67_108_864

    @Option(help: "Reductions that are measured of each size, after one that is not; the median counts.")
    var rounds = 20

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard smallest >= 4, largest >= smallest else {
            throw ValidationError("--smallest is at least 4, and --largest no less than it")
        }
        guard rounds > 0 else { throw ValidationError("--rounds is at least 1") }
    }

    func run() throws {
        let sizes = Array(sequence(first: smallest) { $0 * 2 }.prefix { $0 <= largest })
        let benchmark = AllReduceBenchmark(sizes: sizes, rounds: rounds)
        try Job.run { team in
            let measurement = try team.measure(benchmark)
            if team.isFirst { Terminal.write(json ? try JSONOutput.object(measurement) : measurement.text + "\n") }
        }
    }
}

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
