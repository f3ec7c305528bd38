import ArgumentParser
import ConvolutionEngine
import Foundation
import Reports
import TensorCore
import Training

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs training steps whose exact figures are known and says how far ours stray.",
        discussion: """
            The figures come from PyTorch in double precision. By direct convolutions ours may stray four times as far \
            as PyTorch's float32 does, or by 1e-6 where that is more; faster algorithms round more, and are allowed 20 \
            times or 1e-5.

            A file is a JSON object: case (the network and its steps); loss (of every step, by task); gradient, \
            update_first, update, running and output (by tensor its shape, norm, eight places and the values there); \
            and float32 (how far PyTorch's float32 strays from each). Tests/TrainingTests/Fixtures/golden has some.

            Examples:
              modulor verify Tests/TrainingTests/Fixtures/golden/*.json
              modulor verify expected.json --convolution auto --digests ours.json
            """)

    @Argument(help: "Files of expected figures.")
    var expected: [String]

    @Option(help: "Write our own digests to this file.")
    var digests: String?

    @OptionGroup var threading: ThreadOptions

    @Option(help: "How 3×3 convolutions are computed: direct, or by faster algorithms.")
    var convolution = ConvolutionChoice.direct

    func run() throws {
        let kernels = try Kernels.chosen(choice: convolution)
        let pool = threading.pool()
        var all: [String: GoldenDigests] = [:]
        var failed = false
        for path in expected {
            let golden = try GoldenCase.read(path)
            let start = ContinuousClock.now
            let own = try GoldenRun(golden.case).run(kernels: kernels, pool: pool)
            let verdict = Verdict(golden, own, choice: convolution)
            let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            all[name] = own
            failed = failed || !verdict.passes
            Terminal.line(verdict.text(name: name, seconds: (ContinuousClock.now - start).seconds))
        }
        if let digests { try GoldenDigests.write(all, to: digests) }
        if failed { throw ExitCode.failure }
    }
}
