import ArgumentParser
import Configuration
import Reports
import Training

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells what training a configuration takes: memory, traffic, time, layer by layer.",
        discussion: """
            One rank's step is measured on this machine, on random values, as if the other ranks were there; from what it \
            would send, and from the link's latency and bandwidth, follows the time on all ranks. Of the data set the \
            sizes of validation pictures are read, where it is there; of a bank nothing.

            Examples:
              modulor plan launch/recipes/demo.yaml
              modulor plan my.yaml --ranks 1024 --set training.batch=4096 --latency 5e-6 --bandwidth 12.5e9
              modulor plan my.yaml --ranks 16 --json
              modulor plan my.yaml --tune
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "Ranks of the job.")
    var ranks = 1

    @Option(help: "Seconds that a message of no bytes takes between two ranks.")
    var latency = 20e-6

    @Option(help: "Bytes per second that a rank sends.")
    var bandwidth = 1.25e9

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var kernels: TuningOptions

    func validate() throws {
        guard ranks > 0 else { throw ValidationError("--ranks is at least 1") }
        guard latency >= 0, latency.isFinite else {
            throw ValidationError("--latency is a number of seconds, 0 or more")
        }
        guard bandwidth > 0, bandwidth.isFinite else {
            throw ValidationError("--bandwidth is a number of bytes per second, more than 0")
        }
    }

    func run() throws {
        let configuration = try options.load(RunConfiguration.self)
        let plan = try RunPlan(
            configuration, ranks: ranks, link: LinkModel(latency: latency, bandwidth: bandwidth),
            kernels: kernels.request.kernels(benchmarking: configuration, watch: { $0.show() }))
        Terminal.write(json ? try JSONOutput.object(plan) : plan.text + "\n")
    }
}
