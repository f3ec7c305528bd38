import ArgumentParser
import ConvolutionEngine
import Foundation
import TensorCore
import Training

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs training steps whose exact figures are known and says how far ours stray.",
        discussion: """
            The figures come from PyTorch in double precision. By direct convolutions ours may stray four times as far \
            as PyTorch's float32 does, or by 1e-6 where that is more; faster algorithms round more, and are allowed 20 \
            times or 1e-5.

            Examples:
              modulor verify expected/*.json
              modulor verify expected/r18-rcm.json --convolution auto --digests ours.json
            """)

    @Argument(help: "Files of expected figures.")
    var expected: [String]

    @Option(help: "Write our own digests to this file.")
    var digests: String?

    @Option(help: "Worker threads.")
    var threads = 2

    @Option(help: "How 3×3 convolutions are computed: direct, or by faster algorithms.")
    var convolution = ConvolutionChoice.direct

    func validate() throws {
        guard threads > 0 else { throw ValidationError("--threads is at least 1") }
    }

    func run() throws {
        let kernels = try Kernels.chosen(choice: convolution)
        let pool = ThreadPool(threads: threads)
        var all: [String: GoldenDigests] = [:]
        var failed = false
        for path in expected {
            let golden = try GoldenCase.read(path)
            let start = ContinuousClock.now
            let own = try GoldenRun(golden.case).run(kernels: kernels, pool: pool)
            let verdict =
                convolution == .direct
                ? Verdict(golden, own) : Verdict(golden, own, factor: 20, floor: 1e-5)
            let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            all[name] = own
            failed = failed || !verdict.passes
            print("\(name): \(verdict.passes ? "passes" : "FAILS")  (\(ContinuousClock.now - start))")
            for row in verdict.rows {
                print(
                    String(
                        format: "    %@ ours %.2e  PyTorch %.2e  allowed %.2e %@",
                        (row.group + " " + row.measure).padding(toLength: 28, withPad: " ", startingAt: 0), row.ours,
                        row.pytorch, row.allowed, row.passes ? "" : "<- FAILS"))
            }
        }
        if let digests {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            try encoder.encode(all).write(to: URL(fileURLWithPath: digests))
        }
        if failed { throw ExitCode.failure }
    }
}
