import Checkpoints
import Collectives
import Configuration
import ConvolutionEngine

extension RunConfiguration {
    /// What the ranks of a team must have in common.
    func agreement(_ kernels: Kernels) -> [AgreementItem] {
        [
            AgreementItem("configuration", Array(yaml().utf8).withUnsafeBytes(SHA256.hexadecimal)),
            AgreementItem("instruction set", kernels.instructionSet.rawValue),
            AgreementItem("convolution algorithms", kernels.choice.rawValue),
        ]
    }
}
