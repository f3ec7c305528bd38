/// One entry of `tasks`: a task that is trained. The order of the entries is the order in which training visits them.
package struct TaskSettings: NamedSection {
    package let name: Name
    /// `weight`: the factor of the task's loss; by default the paper's (appendix), and 1 for depth.
    package var weight: Double

    /// The tasks' names, which are those of the task type of the data sets.
    package enum Name: String, ConfigurationChoice {
        case semseg
        case humanParts = "human_parts"
        case edge
        case sal
        case normals
        case depth
    }

    package init(_ name: Name) {
        self.name = name
        weight =
            switch name {
            case .semseg, .depth: 1
            case .humanParts: 2
            case .edge: 50
            case .sal: 5
            case .normals: 10
            }
    }

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("weight", &weight, .above(0, upTo: 1e6))
    }
}
