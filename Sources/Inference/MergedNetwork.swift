import ConvolutionEngine
import Graph
import Networks
import TensorCore

/// The network of one task as it is deployed: merged, with filters that are made ready once.
package final class MergedNetwork {
    package let head: TaskHead
    package let merged: MergedGraph
    let bank: PreparedBank

    /// - Parameters:
    ///   - graph: has an output for the head, for images of any size.
    ///   - parameters: together the values of all parameters of `graph`; no longer needed afterwards.
    package init(head: TaskHead, graph: Graph, parameters: [ParameterStorage], kernels: Kernels, pool: ThreadPool) {
        self.head = head
        merged = MergedGraph(
            merging: graph, outputs: [head.name], parameters: parameters, kernels: kernels, pool: pool)
        bank = PreparedBank(storage: merged.parameters, kernels: kernels, pool: pool)
    }

    /// Reads and merges the network of `task`.
    ///
    /// - Throws: `FileSystemError`, `InvalidFileError`.
    package convenience init(_ model: StoredModel, task: String, kernels: Kernels, pool: ThreadPool) throws {
        let head = try model.head(task)
        // Any size does: the merged graph fits all.
        let network = try model.network(head, height: 64, width: 64)
        self.init(
            head: head, graph: network.graph, parameters: network.parameters.storages, kernels: kernels, pool: pool)
    }
}
