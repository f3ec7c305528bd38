/// `training.average`: the average of the weights over steps, which is validated and saved in place of the last weights.
package struct AverageSettings: ConfigurationSection {
    /// `type`: `none` by default.
    package var type = Kind.none
    /// `decay`: how much of the average each step keeps; 0.999 by default. Of `ema` alone.
    package var decay = 0.999

    package enum Kind: String, ConfigurationChoice {
        /// The last weights.
        case none
        /// average = decay · average + (1 − decay) · weights after each step; the first step's weights begin it.
        case ema
    }

    package static let shorthandKey: String? = "type"

    package init() {}

    package init(ema decay: Double) {
        (type, self.decay) = (.ema, decay)
    }

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("type", &type)
        switch type {
        case .none: break
        case .ema: visitor.value("decay", &decay, .range(0..<1))
        }
    }
}
