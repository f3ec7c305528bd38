import ArgumentParser
import Collectives
import Foundation
import MPICollectives
import Reports

struct BenchAllreduce: ParsableCommand {
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
        let isJob = try Launcher.detect(ProcessInfo.processInfo.environment) != nil
        let communicator: any Communicator = isJob ? try MPIJob.start() : LoopbackCommunicator()
        let sizes = Array(sequence(first: smallest) { $0 * 2 }.prefix { $0 <= largest })
        let benchmark = AllReduceBenchmark(sizes: sizes, rounds: rounds)
        let measurement = try benchmark.run(communicator, thread: CommunicationThread())
        if communicator.rank == 0 {
            Terminal.write(json ? try JSONOutput.object(measurement) : measurement.text + "\n")
        }
        if isJob { try MPIJob.finish() }
    }
}
