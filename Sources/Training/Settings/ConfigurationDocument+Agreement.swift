import Checkpoints
import Collectives
import Configuration
import ConvolutionEngine
import Datasets
import Networks

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

extension TrainingData {
    /// What a run with labels of `tasks`, and with the bank of that digest, goes on with.
    func inputs(_ tasks: [LearningTask], bank: String) throws -> RunInputs {
        try RunInputs(
            training: training, validation: validation, tasks: tasks, classes: classNames(of: tasks), bank: bank)
    }

    /// What the samples are called; nothing where they are drawn.
    var identifiers: (training: [String], validation: [String]) {
        (training.identifiers, validation.identifiers)
    }

    /// What to warn of where samples are trained on and validated on; nil where none are.
    var leak: String? {
        guard let training = training as? any StoredSampleSource, let validation = validation as? any StoredSampleSource
        else { return nil }
        let both = validation.identifiers(alsoIn: training)
        guard let first = both.first else { return nil }
        return
            "\(both.count) of \(validation.count) validation samples are in the training list too, the first of which is "
            + "\(first): figures say little of new pictures"
    }
}

extension ClassifiedData {
    /// What a run of pretraining goes on with.
    func inputs() throws -> RunInputs {
        try RunInputs(
            training: training, validation: validation, tasks: [],
            classes: [Classifier.output: training.classNames], bank: nil)
    }

    /// What the samples are called; nothing where they are drawn.
    var identifiers: (training: [String], validation: [String]) {
        (training.identifiers, validation.identifiers)
    }

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
    fileprivate var identifiers: [String] { (self as? any StoredSampleSource)?.identifiers ?? [] }

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
