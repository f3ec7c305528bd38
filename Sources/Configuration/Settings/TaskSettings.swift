import Datasets

/// One entry of `tasks`: a task that is trained. The order of the entries is the order in which training visits them.
package struct TaskSettings: NamedSection {
    package let name: LearningTask
    /// `weight`: the factor of the task's loss; by default the paper's (appendix), and 1 for depth.
    package var weight: Double

    package init(_ name: LearningTask) {
        self.name = name
        weight = name.lossWeight
    }

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("weight", &weight, .above(0, upTo: 1e6))
    }
}

extension LearningTask: ConfigurationChoice {}
