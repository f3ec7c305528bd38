import ConvolutionEngine
import Graph

/// The convolutions of a training step, those that do the same taken together.
///
/// A 1×1 filter of the bank that is trained by its product with a modulator stands for both, as in the step.
struct LayerCensus {
    struct Entry {
        let layer: ConvolutionLayer
        /// Of the first such layer.
        let name: String
        /// How many such layers have the pass.
        fileprivate(set) var counts: [ConvolutionPass: Int] = [:]

        /// The passes that there are, in order.
        var passes: [ConvolutionPass] { ConvolutionPass.allCases.filter { counts[$0] != nil } }
    }

    /// In the order of the first of each.
    private(set) var entries: [Entry] = []

    /// - Parameter choice: as the step's kernels have it.
    init(_ graphs: [Graph], choice: ConvolutionChoice) {
        for graph in graphs { add(graph, choice) }
    }

    private mutating func add(_ graph: Graph, _ choice: ConvolutionChoice) {
        var costs = graph.cost.nodes
        var multiplied: Set<Int> = []
        for index in graph.nodes.indices {
            guard let pair = graph.modulatedFilter(index, choice: choice)?.nodes else { continue }
            costs[pair[0]].backwardToFilter = costs[pair[1]].backwardToFilter
            multiplied.insert(pair[1])
        }
        for (index, node) in graph.nodes.enumerated() where !multiplied.contains(index) {
            guard let geometry = node.convolution?.geometry else { continue }
            let shape = graph.shape(of: node.inputs[0])
            let layer = ConvolutionLayer(geometry, height: shape.height, width: shape.width)
            let place =
                entries.firstIndex { $0.layer == layer }
                ?? {
                    entries.append(Entry(layer: layer, name: graph.name(of: node)))
                    return entries.count - 1
                }()
            entries[place].counts[.forward, default: 0] += 1
            if costs[index].backwardToData > 0 { entries[place].counts[.backwardToData, default: 0] += 1 }
            if costs[index].backwardToFilter > 0 { entries[place].counts[.backwardToFilter, default: 0] += 1 }
        }
    }
}
