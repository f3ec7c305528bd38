import ArgumentParser
import Checkpoints
import Configuration
import ConvolutionEngine
import Reports
import TensorCore
import Training

/// The configuration that a command works on: a file, and keys that are changed on the command line.
struct ConfigurationOptions: ParsableArguments {
    @Argument(help: "The configuration, a YAML file.")
    var config: String

    @OptionGroup var changes: OverrideOptions

    func load<Document: ConfigurationDocument>(_ type: Document.Type = Document.self) throws -> Document {
        try Document.load(path: config, overrides: changes.overrides)
    }
}

/// Keys of a configuration that are changed on the command line.
struct OverrideOptions: ParsableArguments {
    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Change one key of the configuration; repeat it for several.", valueName: "section.key=value"))
    var overrides: [String] = []
}

/// Whether a command goes on with a run that is there.
struct ResumeOptions: ParsableArguments {
    @Flag(
        name: .customLong("resume"),
        help: """
            Go on with the run in the folder, or start it if there is none; --convolution, --gemm and --tune are then \
            as the run was begun, and can be left out.
            """)
    var isAsked = false

    @Flag(help: "With --resume: begin again, over what the run has written, where its checkpoints are lost.")
    var restart = false

    @Flag(
        help: """
            With --resume: let MODULOR_ISA, --convolution and --gemm be others than the run was begun with; it then ends \
            with other bits, and its checkpoints say so.
            """)
    var otherBits = false

    func validate() throws {
        guard isAsked || !(restart || otherBits) else {
            throw ValidationError("\(restart ? "--restart" : "--other-bits") belongs to --resume: add it")
        }
    }

    /// `request`, of the run that goes on.
    func kernels(_ request: KernelRequest) -> KernelRequest {
        var request = request
        request.allowsOtherBits = otherBits
        return request
    }
}

extension ConvolutionChoice: ExpressibleByArgument {}
extension MatrixProducts: ExpressibleByArgument {}

/// Which kernels compute.
struct KernelOptions: ParsableArguments {
    @Option(
        help: """
            How 3×3 convolutions are computed: direct rounds least, auto takes what is expected to be fastest (default: \
            auto).
            """)
    var convolution: ConvolutionChoice?

    @Option(help: "Which matrix product direct convolutions use; openblas is there to compare with (default: own).")
    var gemm: MatrixProducts?

    /// What is asked for; the instruction set is that which MODULOR_ISA names, or the best.
    var request: KernelRequest { KernelRequest(convolution: convolution, matrixProducts: gemm) }
}

/// Which kernels compute, and whether to measure which of them are fastest.
struct TuningOptions: ParsableArguments {
    @OptionGroup var kernels: KernelOptions

    @Flag(
        help: """
            Measure on this machine which algorithm is fastest for each convolution, instead of predicting it; takes some \
            seconds, and is kept in $MODULOR_CACHE or ~/.cache for later.
            """)
    var tune = false

    var request: KernelRequest {
        var request = kernels.request
        request.tunes = tune
        return request
    }
}

extension TuningEvent {
    /// Tells the user.
    func show() {
        switch self {
        case .measuring(let done, let count):
            Terminal.status("measuring convolutions: \(done) of \(count)")
            if done == count { Terminal.endStatus() }
        case .noticed(let text): Terminal.note(text)
        case .tuned(let summary): Terminal.progress(summary.text)
        }
    }
}

/// Whether files of torch.save have to have the right checksums.
struct ChecksumOptions: ParsableArguments {
    @Flag(
        name: .customLong("ignore-crc"),
        help: """
            Read a file of torch.save whose parts have no checksums, or wrong ones: its writer may have left them out \
            (torch.serialization.set_crc32_options(False)).
            """)
    var ignoreCRC = false

    var request: PartChecksums { ignoreCRC ? .ignored : .verified }
}

/// A number of bytes: `800000000`, `800MB`, `2GB`, in powers of 1000.
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        let unit = ["kB": 1000, "MB": 1_000_000, "GB": 1_000_000_000].first { argument.hasSuffix($0.key) }
        guard let number = Int(argument.dropLast(unit?.key.count ?? 0)), number > 0 else { return nil }
        let (bytes, overflows) = number.multipliedReportingOverflow(by: unit?.value ?? 1)
        guard !overflows else { return nil }
        self.bytes = bytes
    }
}

/// How many threads compute, where no configuration says so.
struct ThreadOptions: ParsableArguments {
    @Option(help: "Worker threads (default: one for each physical core that the process may use).")
    var threads: Int?

    func validate() throws {
        guard threads.map((1...4096).contains) ?? true else { throw ValidationError("--threads is from 1 to 4096") }
    }

    func pool() -> ThreadPool {
        let processors = Processors.available()
        let count = threads ?? processors.threads
        return ThreadPool(threads: count, processors: processors.pinning(threads: count))
    }
}

/// What is measured, and how: the options of benchmarks that time a configuration in rounds.
struct MeasurementOptions: ParsableArguments {
    @Option(help: "The configuration, a YAML file.")
    var config: String

    @OptionGroup var changes: OverrideOptions

    @Option(help: "Worker threads (default: parallel.threads of the configuration).")
    var threads: Int?

    @Option(help: "Rounds that are measured, after one that is not; the median counts.")
    var rounds = 5

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var kernels: TuningOptions

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds is at least 1") }
    }

    func configuration() throws -> RunConfiguration {
        let own = threads.map { ["parallel.threads=\($0)"] } ?? []
        return try RunConfiguration.load(path: config, overrides: changes.overrides + own)
    }
}
