import Graph
import Networks
import TensorCore

/// What a step must leave as it is of tasks of which nothing is known in the labels of the whole batch, where samples may
/// lack labels: a gradient of 0 alone would let momentum, weight decay, averages and running statistics go on.
///
/// All ranks know the same of the whole batch, so they keep the same. Nothing is allocated after construction.
final class UnlabelledTasks {
    /// A stretch of a memory, and the place in `kept` where it is kept.
    private struct Piece {
        let memory: AlignedMemory
        let first: Int
        let count: Int
        let place: Int
    }

    /// What belongs to a head alone, or to all heads of a unit together.
    private struct Part {
        let heads: [Int]
        var pieces: [Piece] = []
        /// The average of the weights with the weights, which it begins as.
        var averages: [(average: Piece, values: Piece)] = []
        var isKept = false
    }

    /// By unit.
    private var parts: [[Part]]
    private let kept: AlignedMemory

    /// - Parameter heads: the names of the outputs, by their places.
    init(
        _ units: [TrainingStep.Unit], heads: [String], parameters: NetworkParameters, states: [OptimizerState]
    ) {
        var count = 0
        func pieces(_ storage: ParameterStorage, of memory: AlignedMemory, _ owner: Graph.Parameter.Owner) -> [Piece] {
            storage.layout.entries.filter { $0.parameter.owner == owner }.map { entry in
                defer { count += entry.parameter.count }
                return Piece(memory: memory, first: entry.offset, count: entry.parameter.count, place: count)
            }
        }
        parts = units.map { unit in
            let (group, state) = (parameters.groups[unit.graph], states[unit.graph])
            let places = unit.losses.map(\.place)
            let owners = places.map { ([$0], Graph.Parameter.Owner.task(heads[$0])) } + [(places, .shared)]
            return owners.map { heads, owner in
                var part = Part(heads: heads)
                let values = pieces(group.trained, of: group.trained.values, owner)
                part.pieces = values + pieces(group.statistics, of: group.statistics.values, owner)
                for (name, memory) in state.memories {
                    let own = pieces(group.trained, of: memory, owner)
                    part.pieces += own
                    if name == "average" { part.averages = Array(zip(own, values)).map { ($0, $1) } }
                }
                return part
            }
        }
        kept = AlignedMemory(byteCount: max(count, 1) * MemoryLayout<Float>.stride)
    }

    /// Keeps what is not to be changed by the step that begins.
    ///
    /// - Parameter isUnknown: whether nothing is known of a head's labels in the whole batch.
    func save(where isUnknown: (Int) -> Bool) {
        for unit in parts.indices {
            for index in parts[unit].indices {
                parts[unit][index].isKept = parts[unit][index].heads.allSatisfy(isUnknown)
                guard parts[unit][index].isKept else { continue }
                for piece in parts[unit][index].pieces {
                    (kept.floats() + piece.place).update(from: piece.memory.floats() + piece.first, count: piece.count)
                }
            }
        }
    }

    /// Puts back what was kept of a unit, whose values have been moved.
    ///
    /// - Parameter isFirst: whether this was the first step of the run, with which averages begin.
    func restore(_ unit: Int, isFirst: Bool) {
        for part in parts[unit] where part.isKept {
            for piece in part.pieces {
                (piece.memory.floats() + piece.first).update(from: kept.floats() + piece.place, count: piece.count)
            }
            guard isFirst else { continue }
            for (average, values) in part.averages {
                (average.memory.floats() + average.first).update(
                    from: values.memory.floats() + values.first, count: average.count)
            }
        }
    }
}
