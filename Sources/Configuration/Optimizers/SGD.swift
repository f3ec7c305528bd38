/// Stochastic gradient descent with momentum and weight decay, as `torch.optim.SGD`: g = gradient + decay · value;
/// velocity = momentum · velocity + g; value −= rate · velocity, by Nesterov's rule value −= rate · (g + momentum ·
/// velocity). A velocity of 0 makes the first step PyTorch's.
package struct SGD: Optimizer {
    /// `momentum`: 0.9 by default, as in the paper.
    package var momentum = 0.9
    /// `nesterov`: whether a step looks ahead along the velocity; false by default, as in the paper.
    package var nesterov = false
    /// `weight_decay`: 0.0001 by default, as in the paper.
    package var weightDecay = 1e-4

    package static let name = "sgd"
    package static let states = ["velocity"]

    package init() {}

    package init(momentum: Double, nesterov: Bool = false, weightDecay: Double) {
        (self.momentum, self.nesterov, self.weightDecay) = (momentum, nesterov, weightDecay)
    }

    /// What `momentum` and `weight_decay` may be.
    static var momenta: Allowed<Double> { .range(0..<1) }
    static var decays: Allowed<Double> { .range(0...1) }

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("momentum", &momentum, Self.momenta)
        visitor.value("nesterov", &nesterov)
        visitor.value("weight_decay", &weightDecay, Self.decays)
        visitor.require(
            "nesterov", !nesterov || momentum > 0, "looks ahead along the velocity, so momentum must be above 0")
    }

    package func write(
        _ coefficients: UnsafeMutablePointer<Float>, rate: Double, decayFactor: Double, update: Int
    ) {
        coefficients[0] = Float(rate)
        coefficients[1] = Float(weightDecay * decayFactor)
        coefficients[2] = Float(momentum)
        coefficients[3] = nesterov ? 1 : 0
    }
}
