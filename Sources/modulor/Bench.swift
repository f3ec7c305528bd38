import ArgumentParser

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures how fast this machine trains and predicts.",
        subcommands: [
            BenchStep.self, BenchConvolution.self, BenchInference.self, BenchAllreduce.self, BenchScaling.self,
        ])
}
