/// The rule by which a step moves trained values against their gradients: its keys in `training.optimizer`, what it keeps
/// beside each value, and its coefficients in every step. What is done to each value with them is a kernel of the same
/// name (`optimizer_arguments.h`).
///
/// A new optimizer is one file like `AdamW.swift`, listed in ``OptimizerSettings/all``, and its kernel. None of the
/// requirements has a default: each has to be answered.
package protocol Optimizer: ConfigurationSection {
    /// `training.optimizer.type`, and the name of the kernel.
    static var name: String { get }
    /// With the defaults of its keys.
    init()
    /// What is kept beside each value, 0 at first, by the names that checkpoints have; in the order of the kernel's states.
    static var states: [String] { get }
    /// Writes the kernel's coefficients for one step, each rounded to float32 once; at most 8.
    ///
    /// - Parameters:
    ///   - rate: the learning rate of these values in this step.
    ///   - decayFactor: what the weight decay of these values is multiplied with.
    ///   - update: 1 for the first step of a run.
    func write(
        _ coefficients: UnsafeMutablePointer<Float>, rate: Double, decayFactor: Double, update: Int)
}

/// `training.optimizer`: the optimizer by its type, with the keys of that type.
package struct OptimizerSettings: ConfigurationSection {
    /// Every optimizer that there is, the default first.
    package static let all: [any Optimizer.Type] = [SGD.self, AdamW.self]

    package static let shorthandKey: String? = "type"

    /// `type`: `sgd` by default, as in the paper. The other keys are those of the type.
    package var optimizer: any Optimizer

    package init(_ optimizer: any Optimizer = SGD()) {
        self.optimizer = optimizer
    }

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        let before = OptimizerName(name: type(of: optimizer).name)
        var name = before
        visitor.value("type", &name)
        if name != before { optimizer = Self.all.first { $0.name == name.name }!.init() }
        optimizer.visit(&visitor)
    }

    package static func == (first: OptimizerSettings, second: OptimizerSettings) -> Bool {
        func isEqual<Known: Optimizer>(_ known: Known) -> Bool { second.optimizer as? Known == known }
        return isEqual(first.optimizer)
    }
}

/// The name of one of the optimizers that there are.
private struct OptimizerName: ConfigurationValue {
    let name: String

    static var expectation: String { "one of " + words.joined(separator: ", ") }
    static var words: [String] { OptimizerSettings.all.map { $0.name } }
    var yaml: String { name }

    static func read(_ node: YAMLNode) -> OptimizerName? {
        guard case .scalar(let text, _) = node.content, words.contains(text) else { return nil }
        return OptimizerName(name: text)
    }
}
