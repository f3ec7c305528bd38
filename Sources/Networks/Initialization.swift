import Checkpoints
import Configuration
import Graph
import TensorCore

/// The values that a network starts from.
///
/// - The bank comes from a file. So do batch norms and shortcuts, which a pretrained file has under the same names
///   without the task, and with method `conv` the filters.
/// - Modulators and adapters that the file has, without a task, are where every new task's start; one that normalizes
///   its modulators starts from their rows' lengths (gains) and rows (directions). Others start as the identity (and
///   gain 1), adapters as 0. In both cases the network starts as the pretrained one.
/// - Everything else is drawn by name: filters uniformly with variance 2 / (inputs · taps) (He et al., ICCV 2015,
///   arXiv 1502.01852), batch norms as 1 and 0, biases as 0.
package struct Initialization {
    /// A pretrained net; nil draws everything.
    package let bank: SafetensorsFile?
    package let method: ModelSettings.Method
    package let seed: Int

    package init(bank: SafetensorsFile?, method: ModelSettings.Method, seed: Int) {
        self.bank = bank
        self.method = method
        self.seed = seed
    }

    /// Fills every parameter and statistic.
    ///
    /// - Throws: `InvalidFileError` where the bank misses a filter, has it in another shape, or was made for another
    ///   method.
    package func fill(_ parameters: NetworkParameters, of graphs: [Graph]) throws {
        try bank.map(checkMethod)
        for entry in parameters.bank.layout.entries {
            let parameter = entry.parameter
            let values =
                try bank?.floats(parameter.name, shape: parameter.shape)
                ?? Self.draw(parameter, method: method, seed: seed)
            parameters.bank.write(values, to: entry, in: parameters.bank.values)
        }
        for (group, graph) in zip(parameters.groups, graphs) {
            for storage in [group.trained, group.statistics] {
                for entry in storage.layout.entries {
                    let values = try start(of: entry.parameter, tasks: graph.outputs.map(\.name))
                    storage.write(values, to: entry, in: storage.values)
                }
            }
        }
    }

    /// A bank with modulators or adapters computes what it was trained for only with them.
    private func checkMethod(_ bank: SafetensorsFile) throws(InvalidFileError) {
        guard bank.tensors.contains(where: { $0.name.hasSuffix(ResNet.modulatorSuffix) }) else { return }
        let own = bank.metadata["method"] ?? ModelSettings.Method.rcm.rawValue
        guard own == method.rawValue else {
            throw InvalidFileError(
                path: bank.path, place: "metadata 'method'",
                problem: "the bank was made for \(own), and computes something else without its modulators",
                remedy: "set model.method to \(own), or use a bank that was pretrained with \(method.rawValue) or conv")
        }
    }

    private func start(of parameter: Graph.Parameter, tasks: [String]) throws -> [Float] {
        var shared = parameter.name
        for task in tasks { shared = shared.replacing(".\(task).", with: ".") }
        if let bank, !isHead(parameter.name) {
            if bank.tensor(shared) != nil { return try bank.floats(shared, shape: parameter.shape) }
            // Where rows are normalized, "weight" is split into "weight_v" and "weight_g".
            let whole = String(shared.dropLast(2))
            if whole.hasSuffix(ResNet.modulatorSuffix), let stored = bank.tensor(whole) {
                if shared.hasSuffix("_v") {
                    return Self.directions(try bank.floats(whole, shape: parameter.shape), rows: parameter.shape[0])
                }
                return Self.rowLengths(try bank.floats(whole, shape: stored.shape), rows: parameter.count)
            }
        }
        return Self.draw(parameter, method: method, seed: seed)
    }

    private func isHead(_ name: String) -> Bool {
        ["layer5.", "low_level_reduce.", "concat.", "predict."].contains { name.hasPrefix($0) }
    }

    /// The value of a parameter that no file has, in the order of files.
    package static func draw(_ parameter: Graph.Parameter, method: ModelSettings.Method, seed: Int) -> [Float] {
        let name = parameter.name
        if name.hasSuffix(".weight_g") { return [Float](repeating: 1, count: parameter.count) }
        if name.hasSuffix(".weight_v") { return identity(parameter.shape) }
        if name.contains(".Wt.") {
            return method == .rcm ? identity(parameter.shape) : [Float](repeating: 0, count: parameter.count)
        }
        if parameter.shape.count == 4 {
            let bound = (6 / Float(parameter.shape.dropFirst().reduce(1, *))).squareRoot()
            let stream = RandomStream(name).substream(UInt64(seed))
            return (0..<parameter.count).map { bound * stream.signed(UInt64($0)) }
        }
        let isOne = name.hasSuffix(".running_var") || (name.hasSuffix(".weight") && !name.hasPrefix("predict."))
        return [Float](repeating: isOne ? 1 : 0, count: parameter.count)
    }

    /// The rows of a matrix, but for those of length 0, which a filter without any response has: they get a direction, as
    /// nothing can be divided by their length, and keep the gain 0.
    private static func directions(_ matrix: [Float], rows: Int) -> [Float] {
        var matrix = matrix
        let columns = matrix.count / rows
        for row in 0..<rows where matrix[row * columns..<(row + 1) * columns].allSatisfy({ $0 == 0 }) {
            matrix[row * columns + min(row, columns - 1)] = 1
        }
        return matrix
    }

    private static func rowLengths(_ matrix: [Float], rows: Int) -> [Float] {
        let columns = matrix.count / rows
        return (0..<rows).map { row in
            Float(
                matrix[row * columns..<(row + 1) * columns].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
        }
    }

    private static func identity(_ shape: [Int]) -> [Float] {
        var values = [Float](repeating: 0, count: shape.reduce(1, *))
        for row in 0..<min(shape[0], shape[1]) { values[row * shape[1] + row] = 1 }
        return values
    }
}
