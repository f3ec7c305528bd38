/// `training.factors`: what learning rate and weight decay are multiplied with in parts of the network. A parameter has the
/// product of the factors of all parts that it belongs to: a batch norm of the decoder those of `decoder` and of `norms`.
package struct PartFactors: ConfigurationSection {
    /// The factors of one part.
    package struct Factors: ConfigurationSection, Hashable {
        /// `learning_rate`: 1 by default; 0 leaves the values as they start.
        package var learningRate = 1.0
        /// `weight_decay`: 1 by default.
        package var weightDecay = 1.0

        package init() {}

        package init(learningRate: Double = 1, weightDecay: Double = 1) {
            (self.learningRate, self.weightDecay) = (learningRate, weightDecay)
        }

        package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
            visitor.value("learning_rate", &learningRate, .range(0...1000))
            visitor.value("weight_decay", &weightDecay, .range(0...1000))
        }

        package static func * (first: Factors, second: Factors) -> Factors {
            Factors(
                learningRate: first.learningRate * second.learningRate,
                weightDecay: first.weightDecay * second.weightDecay)
        }
    }

    /// `backbone`: all that is trained of the backbone, its modulators and norms included.
    package var backbone = Factors()
    /// `modulators`: modulators and adapters.
    package var modulators = Factors()
    /// `norms`: the scales and shifts of batch norms, in backbone and decoder.
    package var norms = Factors()
    /// `decoder`: all that is trained of the decoders; in pretraining, the classifier's linear layer.
    package var decoder = Factors()

    package init() {}

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.section("backbone", &backbone)
        visitor.section("modulators", &modulators)
        visitor.section("norms", &norms)
        visitor.section("decoder", &decoder)
    }
}
