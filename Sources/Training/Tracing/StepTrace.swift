import Collectives
import Graph
import TensorCore

/// What a step leaves in a trace beside its phases: the layers, and what the communication thread did meanwhile.
final class StepTrace {
    let trace: Trace
    /// The names of every graph's layers.
    private let layers: [[Program.Work: Int32]]
    private let units: [TrainingStep.Unit]
    private let communication: StepCommunication?

    init(_ trace: Trace, units: [TrainingStep.Unit], communication: StepCommunication?) {
        self.trace = trace
        self.units = units
        self.communication = communication
        layers = units.map { unit in
            let graph = unit.program.graph
            for part in unit.parts { part.program.measureSteps() }
            var names: [Program.Work: Int32] = [:]
            unit.program.forEachWork { work, _, _ in
                guard names[work] == nil else { return }
                let node = graph.nodes[work.node]
                let name = [graph.name(of: node), node.operation.facts.kind, work.pass.name].filter { !$0.isEmpty }
                names[work] = trace.place(name.joined(separator: ", "))
            }
            return names
        }
    }

    /// Adds the layers of a part that is over, and is not the last of its step.
    func addPart(_ part: Int, ofUnit index: Int) {
        add(units[index].parts[part].program, graph: units[index].graph, layers[index])
    }

    private func add(_ program: Program, graph: Int, _ names: [Program.Work: Int32]) {
        // Work of several loops is one event.
        var last: (work: Program.Work, began: Int64, ended: Int64)?
        func add() {
            guard let last else { return }
            trace.add(names[last.work]!, .computing, graph: graph, from: last.began, to: last.ended)
        }
        program.forEachWork { work, began, nanoseconds in
            let ended = began + nanoseconds
            if let known = last, known.work == work, began - known.ended < 1000 {
                last = (work, known.began, ended)
            } else {
                add()
                last = (work, began, ended)
            }
        }
        add()
    }

    /// Adds what the step that is over has done.
    func addStep() {
        for (unit, names) in zip(units, layers) { add(unit.program, graph: unit.graph, names) }
        communication?.forEachOperation { operation, kind, program, _ in
            trace.add(
                trace.place(operation.name), kind == .gradients ? .gradients : .sums,
                graph: program.map { units[$0].graph } ?? -1, from: operation.began, to: operation.ended)
        }
    }
}

extension Program.Pass {
    /// As profiles and traces call it.
    var name: String {
        switch self {
        case .forward: "forward"
        case .backwardToData: "backward to data"
        case .backwardToFilter: "backward to filter"
        }
    }
}
