import Foundation

/// Adam with decoupled weight decay (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, arXiv
/// 1711.05101, algorithm 2), as `torch.optim.AdamW`: value −= rate · decay · value; exp_avg and exp_avg_sq, the running
/// means of the gradient and of its square, are corrected for having begun at 0 by 1 − βᵗ at step t; value −= rate ·
/// exp_avg / (√exp_avg_sq + ε).
package struct AdamW: Optimizer {
    /// `betas`: how much of the two running means each step keeps; 0.9 and 0.999 by default.
    package var betas = [0.9, 0.999]
    /// `epsilon`: added to the square root; 1e-8 by default.
    package var epsilon = 1e-8
    /// `weight_decay`: 0.01 by default.
    package var weightDecay = 0.01

    package static let name = "adamw"
    package static let states = ["exp_avg", "exp_avg_sq"]

    package init() {}

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value(
            "betas", &betas,
            Allowed("two of them from 0 to below 1") { $0.count == 2 && $0.allSatisfy { (0..<1).contains($0) } })
        visitor.value("epsilon", &epsilon, .above(0, upTo: 1))
        visitor.value("weight_decay", &weightDecay, SGD.decays)
    }

    package func write(
        _ coefficients: UnsafeMutablePointer<Float>, rate: Double, decayFactor: Double, update: Int
    ) {
        let corrections = (1 - pow(betas[0], Double(update)), 1 - pow(betas[1], Double(update)))
        coefficients[0] = Float(1 - rate * weightDecay * decayFactor)
        coefficients[1] = Float(1 - betas[0])
        coefficients[2] = Float(betas[1])
        coefficients[3] = Float(1 - betas[1])
        coefficients[4] = Float(1 / corrections.1.squareRoot())
        coefficients[5] = Float(epsilon)
        coefficients[6] = Float(rate / corrections.0)
    }
}
