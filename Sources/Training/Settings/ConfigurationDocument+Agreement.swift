import Checkpoints
import Collectives
import Configuration
import ConvolutionEngine
import Datasets

extension ConfigurationDocument {
    /// What the ranks of a team must have in common.
    func agreement(_ kernels: Kernels) -> [AgreementItem] {
        [AgreementItem("configuration", Array(yaml().utf8).withUnsafeBytes(SHA256.hexadecimal))] + kernels.agreement
    }
}

extension TrainingData {
    /// What ranks must have read alike from their hosts' copies: which samples there are, and what classes of `tasks`.
    package func agreement(_ tasks: [LearningTask]) -> [AgreementItem] {
        [
            AgreementItem("training samples", training.identity),
            AgreementItem("validation samples", validation.identity),
            AgreementItem("sizes of validation pictures", digest((0..<validation.count).map { frames[$0].yaml })),
        ]
            + tasks.filter { $0.kind == .classes }.map {
                AgreementItem("classes of \($0.name)", digest(training.classNames(of: $0)))
            }
    }
}

extension ClassifiedData {
    /// What ranks must have read alike from their hosts' copies.
    var agreement: [AgreementItem] {
        [
            AgreementItem("training pictures", training.identity),
            AgreementItem("validation pictures", validation.identity),
            AgreementItem("classes", digest(training.classNames)),
        ]
    }
}

extension SampleSource {
    /// Stands for the samples in their order; of drawn ones, which the configuration describes, for their number.
    fileprivate var identity: String {
        let names = (self as? any StoredSampleSource)?.identifiers
        return names.map { "\(count) samples \(digest($0))" } ?? "\(count) samples"
    }
}

/// The SHA-256 of texts in their order.
private func digest(_ texts: [String]) -> String {
    Array(texts.joined(separator: "\n").utf8).withUnsafeBytes(SHA256.hexadecimal)
}

extension Kernels {
    /// What decides the bits of a result, which ranks must have in common.
    var agreement: [AgreementItem] {
        [
            AgreementItem("instruction set", instructionSet.rawValue),
            AgreementItem(
                "convolution algorithms",
                measured.map { Array("\($0)".utf8).withUnsafeBytes(SHA256.hexadecimal) } ?? choice.rawValue),
            AgreementItem("matrix products", matrixProducts.identity),
        ]
    }
}
