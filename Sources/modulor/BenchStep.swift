import ArgumentParser
import Configuration
import ConvolutionEngine
import Foundation
import Reports
import Training

struct BenchStep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Measures the training step of a configuration, on random data.",
        discussion: """
            Neither the data set nor the bank is read. MODULOR_ISA=scalar|portable|avx2|avx512 forces kernels.

            Examples:
              modulor bench step --config launch/recipes/demo.yaml
              modulor bench step --config my.yaml --set 'data.crop=[512, 512]' --threads 1 --profile
              launch/mpirun -n 2 bench step --config my.yaml --trace step.json
            """)

    @Option(help: "The configuration, a YAML file.")
    var config: String

    @Option(name: .customLong("set"), parsing: .singleValue, help: "Override a key: section.key=value.")
    var overrides: [String] = []

    @Option(help: "Worker threads (default: parallel.threads of the configuration).")
    var threads: Int?

    @Option(help: "Steps that are measured, after one that is not; the median counts.")
    var rounds = 5

    @Flag(help: "Tell where the time goes, by kind of node and by layer.")
    var profile = false

    @Option(help: "Write what every rank did when to this file, which ui.perfetto.dev opens.")
    var trace: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var kernels: KernelOptions

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds is at least 1") }
    }

    func run() throws {
        try Job.run { team in try measure(team) }
    }

    private func measure(_ team: RankTeam) throws {
        let own = threads.map { ["parallel.threads=\($0)"] } ?? []
        let configuration = try RunConfiguration.load(path: config, overrides: overrides + own)
        let kernels = try self.kernels.request.kernels()
        let benchmark = try StepBenchmark(
            configuration, kernels: kernels, team: team, trace: try team.trace(for: trace))
        let measurement = try benchmark.run(rounds: rounds, profile: profile)
        if let trace { try team.write(benchmark.timelines(), to: trace) }
        guard team.isFirst else { return }
        Terminal.write(json ? try JSONOutput.object(measurement) : measurement.text + "\n")
    }
}
