import ArgumentParser
import Collectives
import Configuration
import Foundation
import MPICollectives
import Reports
import TensorCore
import Training

struct BenchScaling: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "scaling",
        abstract: "Measures the training step on several numbers of ranks, weak and strong, on random data.",
        discussion: """
            Starts a job for every number of ranks. In every round the same ranks compute alone, side by side without \
            communicating, together, and together with the plain reduction. Started by a launcher, it measures \
            training.batch on that job's ranks alone, and prints one JSON object.

            Examples:
              modulor bench scaling --config my.yaml --ranks 1,2,4 --output scaling
              launch/mpirun -n 16 --hostfile cluster/hosts bench scaling --config my.yaml
            """)

    @Option(help: "The configuration, a YAML file.")
    var config: String

    @OptionGroup var changes: OverrideOptions

    @Option(help: "Numbers of ranks, with commas.")
    var ranks = "1,2"

    @Option(help: "Samples of each rank in weak scaling; in strong scaling the batch is that of the most ranks.")
    var samples = 4

    @Option(help: "Worker threads of each rank.")
    var threads = 1

    @Option(help: "Rounds that are measured, after one that is not; the medians count.")
    var rounds = 7

    @Option(help: "A folder for scaling.json and scaling.svg.")
    var output: String?

    @Option(help: "What starts jobs.")
    var launcher = "launch/mpirun"

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var kernels: KernelOptions

    private var counts: [Int] { ranks.split(separator: ",").compactMap { Int($0) } }

    func validate() throws {
        guard rounds > 0, samples > 0, threads > 0 else {
            throw ValidationError("--rounds, --samples and --threads are at least 1")
        }
        guard !counts.isEmpty, counts.count == ranks.split(separator: ",", omittingEmptySubsequences: false).count,
            counts.allSatisfy({ $0 > 0 })
        else { throw ValidationError("--ranks is a list of numbers, such as 1,2,4") }
    }

    func run() throws {
        guard try Launcher.detect(ProcessInfo.processInfo.environment) == nil else { return try measure() }
        // What is wrong with the configuration is said once, and not by every job.
        _ = try RunConfiguration.load(path: config, overrides: changes.overrides)
        let trials = try ScalingReport.jobs(ranks: counts, samplesPerRank: samples).map { job in
            Terminal.progress("\(Figure.number(job.ranks, "rank")), batch \(job.batch)")
            return try trial(ranks: job.ranks, batch: job.batch)
        }
        let report = ScalingReport(trials, samplesPerRank: samples)
        let object = try JSONOutput.object(report)
        if let output { try ScalingFiles(folder: output).write(report, json: object) }
        Terminal.write(json ? object : report.text + "\n")
    }

    /// What a rank of a job does.
    private func measure() throws {
        try Job.run { team in
            let configuration = try RunConfiguration.load(
                path: config, overrides: changes.overrides + ["parallel.threads=\(threads)"])
            let trial = try ScalingTrial(
                configuration, team: team, kernels: kernels.request.kernels(), rounds: rounds)
            if team.isFirst { Terminal.write(try JSONOutput.object(trial)) }
        }
    }

    /// Starts a job and reads what it says.
    private func trial(ranks: Int, batch: Int) throws -> ScalingTrial {
        var arguments = ["-n", "\(ranks)", "bench", "scaling", "--config", config]
        for change in changes.overrides + ["training.batch=\(batch)"] { arguments += ["--set", change] }
        arguments += ["--threads", "\(threads)", "--rounds", "\(rounds)"]
        if let choice = kernels.convolution { arguments += ["--convolution", choice.rawValue] }
        if let products = kernels.gemm { arguments += ["--gemm", products.rawValue] }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: launcher)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["MODULOR_PROGRAM": Bundle.main.executablePath ?? CommandLine.arguments[0]]) { own, _ in own }
        let output = Pipe()
        process.standardOutput = output
        do {
            try process.run()
        } catch {
            throw UsageError("\(launcher) cannot be started; --launcher names the file launch/mpirun")
        }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        // The job has told why.
        guard process.terminationStatus == 0 else { throw ExitCode(process.terminationStatus) }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(ScalingTrial.self, from: data)
    }
}
