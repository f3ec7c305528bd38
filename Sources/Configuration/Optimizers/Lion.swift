/// Lion (Chen et al., "Symbolic Discovery of Optimization Algorithms", NeurIPS 2023, arXiv 2302.06675, algorithm 2):
/// value −= rate · (sign(β₁ · exp_avg + (1 − β₁) · gradient) + decay · value), then exp_avg = β₂ · exp_avg + (1 − β₂) ·
/// gradient. Every value moves by the rate, so that is some ten times smaller than that of AdamW.
package struct Lion: Optimizer {
    /// `betas`: how much of the running mean of the gradient a step looks at, and keeps; 0.9 and 0.99 by default.
    package var betas = [0.9, 0.99]
    /// `weight_decay`: 0.01 by default.
    package var weightDecay = 0.01

    package static let name = "lion"
    package static let states = ["exp_avg"]

    package init() {}

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value(
            "betas", &betas,
            Allowed("two of them from 0 to below 1") { $0.count == 2 && $0.allSatisfy { (0..<1).contains($0) } })
        visitor.value("weight_decay", &weightDecay, SGD.decays)
    }

    package func write(
        _ coefficients: UnsafeMutablePointer<Float>, rate: Double, decayFactor: Double, update: Int
    ) {
        coefficients[0] = Float(1 - rate * weightDecay * decayFactor)
        coefficients[1] = Float(1 - betas[0])
        coefficients[2] = Float(1 - betas[1])
        coefficients[3] = Float(rate)
    }
}
