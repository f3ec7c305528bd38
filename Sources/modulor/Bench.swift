import ArgumentParser

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures how fast this machine trains.",
        subcommands: [BenchStep.self, BenchConvolution.self, BenchAllreduce.self])
}
