import TensorCore

/// Where tensors lie in one arena of float32 values, in the order in which they were declared.
///
/// Filters lie as [kernel row][kernel column][input][output] (HWIO), the order in which kernels read them; files have
/// them as OIHW. Every tensor starts at a multiple of 16 floats.
package struct ParameterLayout: Sendable {
    package struct Entry: Sendable {
        package let parameter: Graph.Parameter
        /// Floats from the arena's start.
        package let offset: Int
    }

    package let entries: [Entry]
    /// Floats in all, gaps included.
    package let count: Int
    private let places: [String: Int]

    package init(_ parameters: [Graph.Parameter]) {
        var entries: [Entry] = []
        var offset = 0
        for parameter in parameters {
            entries.append(Entry(parameter: parameter, offset: offset))
            offset += (parameter.count + 15) / 16 * 16
        }
        self.entries = entries
        count = offset
        places = Dictionary(uniqueKeysWithValues: entries.indices.map { (entries[$0].parameter.name, $0) })
    }

    package func entry(_ name: String) -> Entry? { places[name].map { entries[$0] } }
}

/// The values of a set of parameters, with their gradients where they are trained.
package final class ParameterStorage {
    package let layout: ParameterLayout
    package private(set) var values: AlignedMemory
    /// In the layout of the values; nil for what is not trained.
    package let gradient: AlignedMemory?

    /// - Parameters:
    ///   - trained: whether gradients are allocated. The bank never has any.
    ///   - subtrees: partial gradients, one after the other, one for each maximal subtree of this rank's samples.
    package init(_ parameters: [Graph.Parameter], trained: Bool, subtrees: Int = 1) {
        layout = ParameterLayout(parameters)
        let bytes = layout.count * MemoryLayout<Float>.stride
        values = AlignedMemory(byteCount: bytes)
        gradient = trained ? AlignedMemory(byteCount: subtrees * bytes) : nil
    }

    /// Lets `memory`, which has the same values, take the place of the values' own; before any program is bound.
    package func move(to memory: AlignedMemory) {
        precondition(memory.byteCount >= layout.count * MemoryLayout<Float>.stride, "the values need more room")
        values = memory
    }

    /// Copies a tensor out in the order of files (OIHW), count values.
    package func read(_ entry: ParameterLayout.Entry, from memory: AlignedMemory) -> [Float] {
        [Float](unsafeUninitializedCapacity: entry.parameter.count) { target, count in
            copy(entry, from: memory, to: target)
            count = entry.parameter.count
        }
    }

    /// Copies a tensor out in the order of files (OIHW), into `target`, which has room for it.
    package func copy(
        _ entry: ParameterLayout.Entry, from memory: AlignedMemory, to target: UnsafeMutableBufferPointer<Float>
    ) {
        let source = memory.floats() + entry.offset
        Self.permute(entry.parameter.shape) { file, arena in target[file] = source[arena] }
    }

    /// Copies a tensor in from the order of files (OIHW).
    package func write(_ tensor: [Float], to entry: ParameterLayout.Entry, in memory: AlignedMemory) {
        precondition(tensor.count == entry.parameter.count, "\(entry.parameter.name) has another size")
        let target = memory.floats() + entry.offset
        Self.permute(entry.parameter.shape) { file, arena in target[arena] = tensor[file] }
    }

    /// Calls `body` with every element's place in the file and in the arena.
    private static func permute(_ shape: [Int], _ body: (_ file: Int, _ arena: Int) -> Void) {
        guard shape.count == 4 else {
            for index in 0..<shape.reduce(1, *) { body(index, index) }
            return
        }
        let (outputs, inputs, taps) = (shape[0], shape[1], shape[2] * shape[3])
        var file = 0
        for output in 0..<outputs {
            for input in 0..<inputs {
                for tap in 0..<taps {
                    body(file, (tap * inputs + input) * outputs + output)
                    file += 1
                }
            }
        }
    }
}
