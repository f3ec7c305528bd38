import ConvolutionEngine

/// A graph that computes a rectangle of one of another graph's values, and no more of everything before it than that takes.
///
/// From the rectangle backwards follows what each value is needed for; each source is cut to that, beginning at a multiple of
/// what the strides on the way divide by, so that both graphs' grids are one. Forwards the operations are the same with the
/// same padding. It is what it should be at the borders of the whole; elsewhere it spoils the rims of what is computed, none of which
/// is needed: every needed output reads needed inputs alone. Resizes read where those of the whole do. So each needed number is
/// the sum of the same products as in the whole graph.
struct GraphWindow {
    /// The name of the only output.
    static let output = "window"

    let graph: Graph
    /// What the graph's inputs are to be filled with, in their order.
    let inputs: [(source: Graph.Value, region: Region)]
    /// What is asked for.
    let region: Region
    /// What the output is: `region`, and what came with it.
    let computed: Region

    /// - Parameters:
    ///   - whole: made for the whole size.
    ///   - sources: values that are known, the image's among them, and all of them that a global pool makes. A window of one of
    ///     them computes it from the others.
    init(_ target: Graph.Value, _ region: Region, of whole: Graph, from sources: Set<Graph.Value>) {
        let sources = sources.subtracting([target])
        let (needed, steps, joined) = Self.needs(target, region, of: whole, from: sources)
        var graph = Graph()
        var inputs: [(source: Graph.Value, region: Region)] = []
        var copies: [Graph.Value: Graph.Value] = [:]
        var regions: [Graph.Value: Region] = [:]
        for node in whole.nodes {
            guard let own = needed[node.output] else { continue }
            let shape = whole.shape(of: node.output)
            if sources.contains(node.output) {
                let region = own.beginning(atMultiplesOf: steps[node.output] ?? 1)
                inputs.append((node.output, region))
                regions[node.output] = region
                copies[node.output] = graph.input(
                    height: region.height, width: region.width, channels: shape.channels)
                continue
            }
            let first = regions[node.inputs[0]]!
            precondition(
                node.operation.isResize || node.inputs.allSatisfy { regions[$0] == first },
                "what is computed together begins together")
            let values = node.inputs.map { copies[$0]! }
            let copy: Graph.Value
            if case .resize(let reference) = node.operation {
                let aligned = own.beginning(atMultiplesOf: steps[node.output] ?? 1)
                let region = joined.contains(node.output) ? regions[reference!]! : aligned
                copy = graph.resize(
                    values[0], ResizePart(first, of: whole.shape(of: node.inputs[0]), to: region, of: shape),
                    height: region.height, width: region.width)
                regions[node.output] = region
            } else {
                let facts = node.operation.facts
                var parameters: [Graph.ParameterID: Graph.ParameterID] = [:]
                for id in facts.parameters + facts.statistics { parameters[id] = graph.add(whole.parameter(id)) }
                copy = graph.repeating(
                    node, inputs: values, reference: { copies[$0]! }, parameter: { parameters[$0]! })
                let stride = node.operation.stride
                let made = graph.shape(of: copy)
                let (row, column) = (first.rows.lowerBound / stride, first.columns.lowerBound / stride)
                regions[node.output] = Region(rows: row..<row + made.height, columns: column..<column + made.width)
            }
            copies[node.output] = copy
        }
        graph.addOutput(Self.output, copies[target]!)
        self.graph = graph
        self.inputs = inputs
        self.region = region
        computed = regions[target]!
    }

    /// The smallest region of every value that `region` of `target` takes, what its first row and column have to be
    /// multiples of, and the values that go with others into one operation, sooner or later.
    private static func needs(
        _ target: Graph.Value, _ region: Region, of graph: Graph, from sources: Set<Graph.Value>
    ) -> (regions: [Graph.Value: Region], steps: [Graph.Value: Int], joined: Set<Graph.Value>) {
        var regions = [target: region]
        var steps: [Graph.Value: Int] = [:]
        var joined: Set<Graph.Value> = []
        func need(_ value: Graph.Value, _ region: Region, step: Int) {
            regions[value] = regions[value].map { $0.union(region) } ?? region
            steps[value] = leastCommonMultiple(steps[value] ?? 1, step)
        }
        for node in graph.nodes.reversed() where !sources.contains(node.output) {
            guard let own = regions[node.output] else { continue }
            let step = steps[node.output] ?? 1
            if node.inputs.count > 1 || joined.contains(node.output) { joined.formUnion(node.inputs) }
            switch node.operation {
            case .input, .globalAveragePool: preconditionFailure("a window needs all of this as a source")
            case .resizePart: preconditionFailure("a window is of a whole")
            case .convolution(let geometry, _, _):
                let seen = own.seen(
                    size: geometry.kernelSize, stride: geometry.stride, padding: geometry.padding,
                    dilation: geometry.dilation, of: graph.shape(of: node.inputs[0]))
                need(node.inputs[0], seen, step: step * geometry.stride)
            case .maxPool(let size, let stride, let padding):
                let seen = own.seen(
                    size: size, stride: stride, padding: padding, of: graph.shape(of: node.inputs[0]))
                need(node.inputs[0], seen, step: step * stride)
            case .resize(let reference):
                let (from, to) = (graph.shape(of: node.inputs[0]), graph.shape(of: node.output))
                need(node.inputs[0], own.seen(resizing: from, to: to), step: 1)
                // What it goes with is as large a part as that of the value whose size it has.
                if let reference, joined.contains(node.output) { need(reference, own, step: step) }
            case .batchNormalization, .relu, .add, .concatenate, .unitLength:
                for input in node.inputs { need(input, own, step: step) }
            }
        }
        return (regions, steps, joined)
    }

    private static func leastCommonMultiple(_ one: Int, _ two: Int) -> Int {
        var (larger, smaller) = (one, two)
        while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
        return one / larger * two
    }
}

extension ResizePart {
    fileprivate init(_ input: Region, of from: Graph.Shape, to output: Region, of to: Graph.Shape) {
        rows = Axis(
            inputs: from.height, outputs: to.height, firstInput: input.rows.lowerBound,
            firstOutput: output.rows.lowerBound)
        columns = Axis(
            inputs: from.width, outputs: to.width, firstInput: input.columns.lowerBound,
            firstOutput: output.columns.lowerBound)
    }
}

extension Graph.Operation {
    fileprivate var isResize: Bool {
        if case .resize = self { return true }
        return false
    }

    /// Inputs from one output to the next.
    fileprivate var stride: Int {
        switch self {
        case .convolution(let geometry, _, _): geometry.stride
        case .maxPool(_, let stride, _): stride
        default: 1
        }
    }
}
