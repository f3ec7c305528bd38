import Checkpoints
import Collectives
import Configuration
import ConvolutionEngine

extension ConfigurationDocument {
    /// What the ranks of a team must have in common.
    func agreement(_ kernels: Kernels) -> [AgreementItem] {
        [AgreementItem("configuration", Array(yaml().utf8).withUnsafeBytes(SHA256.hexadecimal))] + kernels.agreement
    }
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
