import Checkpoints
import ConvolutionEngine
import Foundation

/// The algorithms that a user asks for; what is left open is the default's, or that of the run that goes on.
///
/// A checkpoint keeps them, because with them the bits of all further steps change.
package struct KernelRequest: Sendable, Equatable {
    package var convolution: ConvolutionChoice?
    package var matrixProducts: MatrixProducts?
    /// Whether to measure which algorithms are fastest, instead of predicting it.
    package var tunes: Bool

    package init(
        convolution: ConvolutionChoice? = nil, matrixProducts: MatrixProducts? = nil, tunes: Bool = false
    ) {
        self.convolution = convolution
        self.matrixProducts = matrixProducts
        self.tunes = tunes
    }

    /// The options by which a user asks for `kernels`, of the machine's instruction set; none for the default.
    static func options(for kernels: Kernels) -> [String] {
        guard kernels.measured == nil else { return ["--tune"] }
        let choice = kernels.choice == .auto ? [] : ["--convolution", kernels.choice.rawValue]
        return choice + (kernels.matrixProducts == .own ? [] : ["--gemm", kernels.matrixProducts.rawValue])
    }

    /// The kernels of the instruction set that the environment names, or of the best.
    ///
    /// - Parameter measured: the algorithms that were measured to be fastest, if they were.
    package func kernels(
        measured: AlgorithmTable? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> Kernels {
        let products = matrixProducts ?? .own
        try products.load()
        return try .chosen(environment, choice: convolution ?? .auto, matrixProducts: products, measured: measured)
    }

    /// The kernels for going on with the run in the folder at `path`; nil where it has no checkpoint yet.
    ///
    /// - Throws: `UsageError` where something else is asked for than the run was begun with.
    func kernels(
        resuming path: String, team: RankTeam, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> Kernels? {
        guard let known = try team.fromFirst({ try Metadata(ofRun: path) }) else { return nil }
        var request = self
        request.convolution = try Self.agreed(convolution, known[.convolution], option: "--convolution", path)
        request.matrixProducts = try Self.agreed(matrixProducts, known[.matrixProducts], option: "--gemm", path)
        let environment = try Self.environment(environment, keeping: known[.instructionSet], path)
        guard let text = known[.algorithms] else {
            if tunes {
                throw UsageError(
                    "the run in \(path) was begun without --tune, and would go on with other roundings: leave --tune out"
                )
            }
            return try request.kernels(environment: environment)
        }
        guard let table = AlgorithmTable(text), request.convolution == .auto else {
            throw InvalidFileError(
                path: path, place: "newest checkpoint", problem: "its table of algorithms is none of this program's",
                remedy: "go on with the program that the run was begun with")
        }
        return try request.kernels(measured: table, environment: environment)
    }

    /// The environment with the instruction set that a run was begun with, unless it names one itself.
    private static func environment(
        _ environment: [String: String], keeping known: String?, _ path: String
    ) throws(UsageError) -> [String: String] {
        let variable = InstructionSet.variable
        guard let known, (environment[variable] ?? "").isEmpty else { return environment }
        guard InstructionSet(rawValue: known)?.isAvailable == true else {
            throw UsageError(
                "the run in \(path) was begun with the instruction set \(known), which this machine has not: resume it "
                    + "on one that has it, or set \(variable)=\(InstructionSet.best.rawValue) to go on with other "
                    + "roundings")
        }
        return environment.merging([variable: known]) { $1 }
    }

    private static func agreed<Choice: RawRepresentable<String>>(
        _ wanted: Choice?, _ known: String?, option: String, _ path: String
    ) throws(UsageError) -> Choice? {
        guard let known else { return wanted }
        if let wanted, wanted.rawValue != known {
            throw UsageError(
                "the run in \(path) was begun with \(option) \(known), and would go on with other roundings: leave "
                    + "\(option) out, or say \(known)")
        }
        return Choice(rawValue: known)
    }

    /// What the state file of a checkpoint says of the kernels.
    struct Metadata: Codable {
        enum Key: String, CaseIterable {
            case convolution
            case matrixProducts = "gemm"
            /// The text of an `AlgorithmTable`.
            case algorithms
            case instructionSet = "instruction_set"
        }

        private(set) var texts: [String: String]

        subscript(key: Key) -> String? { texts[key.rawValue] }

        init(of kernels: Kernels) {
            texts = [
                Key.convolution.rawValue: kernels.choice.rawValue,
                Key.matrixProducts.rawValue: kernels.matrixProducts.rawValue,
                Key.instructionSet.rawValue: kernels.instructionSet.rawValue,
            ]
            texts[Key.algorithms.rawValue] = kernels.measured?.description
        }

        /// Of the newest checkpoint of a run; nil where there is none.
        fileprivate init?(ofRun path: String) throws {
            guard let latest = try CheckpointFolder(path: path + "/checkpoints").latestValid().checkpoint else {
                return nil
            }
            let metadata = try latest.file(TrainingCheckpoint.stateName).metadata
            texts = metadata.filter { Key(rawValue: $0.key) != nil }
        }
    }
}
