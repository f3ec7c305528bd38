import ConvolutionEngine
import TensorCore

/// A graph as it is used once it has learned: modulators and batch norms are part of the convolutions before them, so
/// that they cost nothing. See `GraphMerger` for what is folded.
///
/// Products are formed in double precision and rounded to float32 once.
package struct MergedGraph {
    package let graph: Graph
    /// Every parameter of `graph`; nothing changes it any more.
    package let parameters: ParameterStorage

    /// - Parameters:
    ///   - outputs: the names of those that are wanted; what only others need is left out. nil wants all.
    ///   - storages: together the values of all parameters of `graph`, statistics included.
    package init(
        merging graph: Graph, outputs wanted: Set<String>? = nil, parameters storages: [ParameterStorage],
        kernels: Kernels, pool: ThreadPool
    ) {
        var merger = GraphMerger(graph, products: DoubleProducts(kernels: kernels, pool: pool)) { id in
            let parameter = graph.parameter(id)
            for storage in storages {
                guard let entry = storage.layout.entry(parameter.name) else { continue }
                let values = UnsafeBufferPointer(start: storage.values.floats() + entry.offset, count: parameter.count)
                return values.map(Double.init)
            }
            preconditionFailure("\(parameter.name) has no storage")
        }
        merger.merge(outputs: graph.outputs.filter { wanted?.contains($0.name) ?? true })
        self.graph = merger.target
        parameters = ParameterStorage(merger.target.parameters, trained: false)
        for entry in parameters.layout.entries {
            let target = parameters.values.floats() + entry.offset
            for (index, value) in merger.values[entry.parameter.name]!.enumerated() { target[index] = Float(value) }
        }
        parameters.values.protect()
    }
}

extension ProgramPlan {
    /// Plans a merged graph, or one of its sizes.
    ///
    /// - Parameter bank: the merged parameters; filters are made ready once, also for other sizes and samples.
    package init(inferring graph: Graph, samples: Int, kernels: Kernels, threads: Int, bank: PreparedBank) {
        let none = ParameterStorage([], trained: false)
        self.init(
            evaluating: graph, samples: samples, kernels: kernels, threads: threads, bank: bank, trained: none,
            statistics: none)
    }
}
