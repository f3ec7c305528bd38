import Checkpoints
import ConvolutionEngine

/// The algorithms that a user asks for; what is left open is the default's, or that of the run that goes on.
///
/// A checkpoint keeps them, because with them the bits of all further steps change.
package struct KernelRequest: Sendable, Equatable {
    package var convolution: ConvolutionChoice?
    package var matrixProducts: MatrixProducts?

    package init(convolution: ConvolutionChoice? = nil, matrixProducts: MatrixProducts? = nil) {
        self.convolution = convolution
        self.matrixProducts = matrixProducts
    }

    /// The kernels of the instruction set that the environment names, or of the best.
    package func kernels() throws -> Kernels {
        let products = matrixProducts ?? .own
        try products.load()
        return try .chosen(choice: convolution ?? .auto, matrixProducts: products)
    }

    /// The kernels for going on with the run in the folder at `path`, if there is one.
    ///
    /// - Throws: `UsageError` where something else is asked for than the run was begun with.
    package func kernels(resuming path: String, team: RankTeam) throws -> Kernels {
        let known = try team.first { try Self.names(inRun: path) } ?? [:]
        let text = known.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        let shared = String(decoding: try team.gather(Array(text.utf8))[0], as: UTF8.self)
        var request = self
        for pair in shared.split(separator: " ") {
            let parts = pair.split(separator: "=").map(String.init)
            if parts[0] == Self.convolutionKey {
                request.convolution = try Self.agreed(convolution, parts[1], option: "--convolution", path)
            } else {
                request.matrixProducts = try Self.agreed(matrixProducts, parts[1], option: "--gemm", path)
            }
        }
        return try request.kernels()
    }

    private static func agreed<Choice: RawRepresentable<String>>(
        _ wanted: Choice?, _ known: String, option: String, _ path: String
    ) throws(UsageError) -> Choice? {
        if let wanted, wanted.rawValue != known {
            throw UsageError(
                "the run in \(path) was begun with \(option) \(known), and would go on with other roundings: leave "
                    + "\(option) out, or say \(known)")
        }
        return Choice(rawValue: known)
    }

    private static let convolutionKey = "convolution"
    private static let productsKey = "gemm"

    /// As checkpoints keep them.
    static func metadata(of kernels: Kernels) -> [String: String] {
        [convolutionKey: kernels.choice.rawValue, productsKey: kernels.matrixProducts.rawValue]
    }

    /// What the newest checkpoint of a run says; nothing where there is none.
    private static func names(inRun path: String) throws -> [String: String] {
        guard let latest = try CheckpointFolder(path: path + "/checkpoints").latestValid().checkpoint else {
            return [:]
        }
        let metadata = try latest.file(TrainingCheckpoint.stateName).metadata
        return metadata.filter { $0.key == convolutionKey || $0.key == productsKey }
    }
}
