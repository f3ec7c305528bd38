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
    /// Whether a run may go on by other kernels than it was begun with, and so end with other bits.
    package var allowsOtherBits: Bool

    package init(
        convolution: ConvolutionChoice? = nil, matrixProducts: MatrixProducts? = nil, tunes: Bool = false,
        allowsOtherBits: Bool = false
    ) {
        self.convolution = convolution
        self.matrixProducts = matrixProducts
        self.tunes = tunes
        self.allowsOtherBits = allowsOtherBits
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
        request.convolution = try agreed(convolution, known[.convolution], option: "--convolution", path)
        request.matrixProducts = try agreed(matrixProducts, known[.matrixProducts], option: "--gemm", path)
        let environment = try self.environment(environment, keeping: known[.instructionSet], path)
        // What was measured was measured of one instruction set, and of the choice that it serves.
        let isOther = try InstructionSet.chosen(environment).rawValue != known[.instructionSet]
        guard let text = known[.algorithms], !(allowsOtherBits && (isOther || request.convolution != .auto)) else {
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

    /// The environment with the instruction set that a run was begun with. It may name another one where other bits are
    /// allowed.
    private func environment(
        _ environment: [String: String], keeping known: String?, _ path: String
    ) throws -> [String: String] {
        let variable = InstructionSet.variable
        guard let known else { return environment }
        _ = try InstructionSet.chosen(environment)
        let named = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
        if allowsOtherBits, named != nil { return environment }
        guard named == nil || named == known else {
            throw UsageError(
                "the run in \(path) was begun with the instruction set \(known), and \(variable)=\(named!) rounds "
                    + "otherwise: unset \(variable), or add --other-bits to go on with other bits")
        }
        guard InstructionSet(rawValue: known)?.isAvailable == true else {
            guard !allowsOtherBits else { return environment }
            throw UsageError(
                "the run in \(path) was begun with the instruction set \(known), which this machine has not: resume it "
                    + "on one that has it, or add --other-bits to go on with \(InstructionSet.best.rawValue) and other bits"
            )
        }
        return environment.merging([variable: known]) { $1 }
    }

    private func agreed<Choice: RawRepresentable<String>>(
        _ wanted: Choice?, _ known: String?, option: String, _ path: String
    ) throws(UsageError) -> Choice? {
        guard let known else { return wanted }
        if let wanted, wanted.rawValue != known {
            guard !allowsOtherBits else { return wanted }
            throw UsageError(
                "the run in \(path) was begun with \(option) \(known), and would go on with other roundings: leave "
                    + "\(option) out, say \(known), or add --other-bits")
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

        /// What the state file of a checkpoint says, among other things.
        init(_ metadata: [String: String]) {
            texts = metadata.filter { Key(rawValue: $0.key) != nil }
        }

        /// What computed `before`, in words, where it rounded otherwise than these kernels; nil where it did not, or nothing is
        /// known of it.
        func change(from before: Self) -> String? {
            let keys = Key.allCases.filter { before[$0] != self[$0] }
            guard !keys.isEmpty, let instructionSet = before[.instructionSet] else { return nil }
            let others = keys.filter { $0 != .instructionSet }.map { key in
                key == .algorithms ? "--tune" : "--\(key.rawValue) \(before[key] ?? "")"
            }
            return ([instructionSet] + others).joined(separator: " ")
        }

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
            self.init(try latest.file(TrainingCheckpoint.stateName).metadata)
        }
    }
}
