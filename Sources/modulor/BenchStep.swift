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
