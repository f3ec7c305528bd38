import Graph
import TensorCore

/// The values of a network: the bank that all tasks share, and what each graph trains of its own.
package final class NetworkParameters {
    /// What one graph trains, apart from every other's.
    package struct Group {
        package let trained: ParameterStorage
        /// Running means and variances.
        package let statistics: ParameterStorage
    }

    /// The frozen filters; empty with method `conv`.
    package let bank: ParameterStorage
    /// One for each graph of the network, in their order.
    package let groups: [Group]

    /// Zeroes everywhere; gradients are allocated where `training` is set, and never for the bank.
    ///
    /// - Parameter subtrees: maximal subtrees of this rank's samples.
    package init(_ graphs: [Graph], training: Bool, subtrees: Int = 1) {
        func parameters(_ graph: Graph, _ role: Graph.Parameter.Role) -> [Graph.Parameter] {
            graph.parameters.filter { $0.role == role }
        }
        bank = ParameterStorage(parameters(graphs[0], .frozen), trained: false)
        groups = graphs.map { graph in
            Group(
                trained: ParameterStorage(parameters(graph, .trained), trained: training, subtrees: subtrees),
                statistics: ParameterStorage(parameters(graph, .statistic), trained: false))
        }
    }

    /// Every storage, the bank first.
    package var storages: [ParameterStorage] { [bank] + groups.flatMap { [$0.trained, $0.statistics] } }
}
