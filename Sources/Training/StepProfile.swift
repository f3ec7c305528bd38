import Graph
import TensorCore

/// Where the time of a training step goes, by node and pass.
package struct StepProfile {
    /// A pass of a node, with what is fused into it. Losses and updates are one row, which belongs to no node.
    package struct Row: Encodable, Sendable {
        /// The graph's outputs.
        package let tasks: [String]
        /// Named after the node's parameters; empty where it has none.
        package let node: String
        /// Of nodes that do the same.
        package let kind: String
        package let pass: String
        /// Height, width and channels of the output.
        package let shape: [Int]
        /// The median of the rounds.
        package let seconds: Double
        package let shareOfStep: Double
        /// Of all samples, by direct counting; 0 for what is no convolution.
        package let flop: Int
        package let gflopPerSecond: Double

        fileprivate init(
            tasks: [String], node: String, kind: String, pass: String, shape: [Int], seconds: Double, of step: Double,
            flop: Int
        ) {
            self.tasks = tasks
            self.node = node
            self.kind = kind
            self.pass = pass
            self.shape = shape
            self.seconds = seconds
            shareOfStep = seconds / step
            self.flop = flop
            gflopPerSecond = flop > 0 ? Double(flop) / seconds / 1e9 : 0
        }
    }

    private struct Key: Hashable {
        let unit: Int
        let work: Program.Work
    }

    private let step: TrainingStep
    private let samples: Int
    private var seconds: [Key: [Double]] = [:]
    private var rest: [Double] = []
    private var steps: [Double] = []

    init(step: TrainingStep, samples: Int) {
        self.step = step
        self.samples = samples
    }

    /// Takes the times of the step that was just run, which took `seconds`.
    mutating func addRound(seconds total: Double) {
        var measured = 0.0
        for (unit, content) in step.units.enumerated() {
            for (work, nanoseconds) in content.program.nanoseconds {
                // The last part stands for all.
                let own = Double(nanoseconds * content.parts.count) / 1e9
                seconds[Key(unit: unit, work: work), default: []].append(own)
                measured += own
            }
        }
        rest.append(total - measured)
        steps.append(total)
    }

    /// The longest first.
    var rows: [Row] {
        let total = steps.median
        let graphs = step.units.map(\.program.graph)
        let costs = graphs.map(\.cost)
        var rows = seconds.map { key, own in
            let graph = graphs[key.unit]
            let node = graph.nodes[key.work.node]
            let shape = graph.shape(of: node.output)
            let flop = costs[key.unit].nodes[key.work.node]
            let count =
                switch key.work.pass {
                case .forward: flop.forward
                case .backwardToData: flop.backwardToData
                case .backwardToFilter: flop.backwardToFilter
                }
            return Row(
                tasks: graph.outputs.map(\.name), node: graph.name(of: node), kind: node.operation.facts.kind,
                pass: key.work.pass.name,
                shape: [shape.height, shape.width, shape.channels], seconds: own.median, of: total,
                flop: samples * count)
        }
        rows.append(
            Row(
                tasks: step.heads.map(\.name), node: "", kind: "losses and update", pass: "", shape: [],
                seconds: rest.median, of: total, flop: 0))
        return rows.sorted { ($1.seconds, $0.node, $0.pass) < ($0.seconds, $1.node, $1.pass) }
    }
}
