import Datasets

/// What a task is trained with, as data: `loss: huber`, `loss: {type: focal, gamma: 2}`.
///
/// The formulas, their sources and the defaults are in the article Losses.
package struct LossSettings: ConfigurationSection {
    package enum Formula: String, ConfigurationChoice {
        case crossEntropy = "cross_entropy"
        case bce
        case focal
        case l1
        case l2
        case cosine
        case berHu = "berhu"
        case logL1 = "log_l1"
        case siLog = "silog"
        case huber
    }

    /// How class weights follow from how often classes are seen.
    package enum Frequency: String, ConfigurationChoice {
        /// All pixels / (classes · pixels of the class).
        case inverse
        /// The median of the frequencies / the class's (Eigen and Fergus 2015).
        case median
    }

    package static let shorthandKey: String? = "type"

    /// What decides which losses there are.
    package let kind: TaskKind
    /// `type`
    package var formula: Formula
    /// `class_weights`: a factor for each class.
    package var classWeights = ClassWeights.even
    /// `class_frequency`: how `balanced` weights are computed.
    package var classFrequency = Frequency.inverse
    /// `label_smoothing`: the share of the truth that is spread evenly over all classes.
    package var labelSmoothing = 0.0
    /// `gamma`: how little well-predicted pixels count in the focal loss.
    package var gamma = 2.0
    /// `positive_weight`: the factor of what is true.
    package var positiveWeight = PositiveWeight.fixed(1)
    /// `negative_weight`: the factor of what is not.
    package var negativeWeight = 1.0
    /// `unknown_adds_log2`: whether an unknown pixel adds log 2 to the sum, as in the paper's code for saliency.
    package var unknownAddsLog2 = false
    /// `dice`: the factor of the Dice term; 0 for none.
    package var dice = 0.0
    /// `dice_smooth`: what is added to both sides of the Dice quotient.
    package var diceSmooth = 1e-5
    /// `factor`: the share of an image's largest error at which berHu turns quadratic.
    package var factor = 0.2
    /// `lambda`: the share of the squared mean that the scale-invariant log error leaves out.
    package var lambda = 0.5
    /// `smallest`: below this distance logarithms go on as straight lines.
    package var smallest = 0.1
    /// `delta`: the error at which the Huber loss turns linear.
    package var delta = 1.0

    /// The loss of a kind of task where none is written.
    package init(_ kind: TaskKind) {
        self.init(kind, kind.lossFormulas[0])
    }

    package init(_ kind: TaskKind, _ formula: Formula) {
        precondition(kind.lossFormulas.contains(formula), "\(formula) is no loss of \(kind)")
        self.kind = kind
        self.formula = formula
    }

    /// The default of a task: the paper's (section 4.1) for its edges and saliency, else that of the kind.
    package init(presetOf task: LearningTask) {
        self.init(task.kind)
        switch (task.kind, task.name) {
        case (.score, LearningTask.edge.name): (positiveWeight, negativeWeight) = (.fixed(0.95), 0.05)
        case (.score, LearningTask.sal.name): unknownAddsLog2 = true
        case (.classes, _), (.score, _), (.direction, _), (.distance, _), (.value, _): break
        }
    }

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        let before = formula
        visitor.value("type", &formula, .formulas(of: kind))
        // Keys of the loss before are not those of another.
        if formula != before { self = LossSettings(kind, formula) }
        switch formula {
        case .crossEntropy:
            visitClassWeights(&visitor)
            visitor.value("label_smoothing", &labelSmoothing, .range(0..<1))
            visitDice(&visitor)
        case .focal:
            visitor.value("gamma", &gamma, .above(0, upTo: 100))
            if kind == .classes { visitClassWeights(&visitor) } else { visitBinaryWeights(&visitor) }
            visitDice(&visitor)
        case .bce:
            visitBinaryWeights(&visitor)
            visitor.value("unknown_adds_log2", &unknownAddsLog2)
            visitDice(&visitor)
        case .l1, .l2, .cosine: break
        case .berHu: visitor.value("factor", &factor, .above(0, upTo: 1))
        case .logL1: visitor.value("smallest", &smallest, .above(0, upTo: 1e6))
        case .siLog:
            visitor.value("lambda", &lambda, .range(0...1))
            visitor.value("smallest", &smallest, .above(0, upTo: 1e6))
        case .huber: visitor.value("delta", &delta, .above(0, upTo: 1e6))
        }
    }

    private mutating func visitClassWeights(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("class_weights", &classWeights, .notNegative)
        if classWeights == .balanced { visitor.value("class_frequency", &classFrequency) }
    }

    private mutating func visitBinaryWeights(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("positive_weight", &positiveWeight, .notNegative)
        if positiveWeight != .balanced { visitor.value("negative_weight", &negativeWeight, .range(0...1e6)) }
    }

    private mutating func visitDice(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("dice", &dice, .range(0...1e6))
        if dice > 0 { visitor.value("dice_smooth", &diceSmooth, .above(0, upTo: 1e6)) }
    }
}

extension TaskKind {
    /// The losses that the kind may have, the default first.
    package var lossFormulas: [LossSettings.Formula] {
        switch self {
        case .classes: [.crossEntropy, .focal]
        case .score: [.bce, .focal]
        case .direction: [.l1, .l2, .cosine]
        case .distance: [.l1, .l2, .berHu, .logL1, .siLog]
        case .value: [.l1, .l2, .huber]
        }
    }
}

extension Allowed where Value == LossSettings.Formula {
    static func formulas(of kind: TaskKind) -> Self {
        Self("of which this task can have " + kind.lossFormulas.map(\.rawValue).joined(separator: ", ")) {
            kind.lossFormulas.contains($0)
        }
    }
}

/// A factor for each class, in the order of the classes: `null`, `balanced` or `[1, 2.5, …]`.
package enum ClassWeights: ConfigurationValue, Sendable {
    /// All are 1.
    case even
    /// By how often classes are seen in the training list.
    case balanced
    case list([Double])

    package static let expectation = "null, balanced or a list of numbers, one for each class"
    package static let words = ["null", "balanced"]

    package var yaml: String {
        switch self {
        case .even: "null"
        case .balanced: "balanced"
        case .list(let weights): weights.yaml
        }
    }

    package static func read(_ node: YAMLNode) -> ClassWeights? {
        if node.isNull { return .even }
        if case .scalar("balanced", _) = node.content { return .balanced }
        return [Double].read(node).map { .list($0) }
    }
}

extension Allowed where Value == ClassWeights {
    static var notNegative: Self {
        Self("each from 0.0 to 1000000.0 and one above 0") { value in
            guard case .list(let weights) = value else { return true }
            return weights.allSatisfy { (0...1e6).contains($0) } && weights.contains { $0 > 0 }
        }
    }
}

/// The factor of what is true: a number, or `balanced`.
package enum PositiveWeight: ConfigurationValue, Sendable {
    case fixed(Double)
    /// Of each batch: the share of what is not true, which itself gets the share of what is.
    case balanced

    package static let expectation = "balanced or a number"
    package static let words = ["balanced"]

    package var yaml: String {
        switch self {
        case .fixed(let weight): weight.yaml
        case .balanced: "balanced"
        }
    }

    package static func read(_ node: YAMLNode) -> PositiveWeight? {
        if case .scalar("balanced", _) = node.content { return .balanced }
        return Double.read(node).map { .fixed($0) }
    }
}

extension Allowed where Value == PositiveWeight {
    static var notNegative: Self {
        Self("from 0.0 to 1000000.0") { value in
            guard case .fixed(let weight) = value else { return true }
            return (0...1e6).contains(weight)
        }
    }
}
