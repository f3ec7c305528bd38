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
/// - Everything else starts as the network says (`Graph.Parameter.Start`).
package struct Initialization {
    /// A pretrained net; nil draws everything.
    package let bank: SafetensorsFile?
    /// What the network computes with a bank's modulators.
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
    package func fill(_ parameters: NetworkParameters) throws {
        try bank.map(checkMethod)
        for entry in parameters.bank.layout.entries {
            let parameter = entry.parameter
            let values =
                try bank?.floats(parameter.name, shape: parameter.shape)
                ?? Self.draw(parameter, seed: seed)
            parameters.bank.write(values, to: entry, in: parameters.bank.values)
        }
        for group in parameters.groups {
            for storage in [group.trained, group.statistics] {
                for entry in storage.layout.entries {
                    storage.write(try start(of: entry.parameter), to: entry, in: storage.values)
                }
            }
        }
    }

    /// A bank with modulators or adapters computes what it was trained for only with them.
    private func checkMethod(_ bank: SafetensorsFile) throws(InvalidFileError) {
        guard bank.tensor(ResNet.modulatorName(of: "conv1")) != nil else { return }
        let own = bank.metadata["method"] ?? ModelSettings.Method.rcm.rawValue
        guard own == method.rawValue else {
            throw InvalidFileError(
                path: bank.path, place: "metadata 'method'",
                problem: "the bank was made for \(own), and computes something else without its modulators",
                remedy: "set model.method to \(own), or use a bank that was pretrained with \(method.rawValue) or conv")
        }
    }

    private func start(of parameter: Graph.Parameter) throws -> [Float] {
        if let bank, parameter.part == .backbone {
            if bank.tensor(parameter.sharedName) != nil {
                return try bank.floats(parameter.sharedName, shape: parameter.shape)
            }
            switch parameter.start {
            case .rows(let whole):
                guard bank.tensor(whole) != nil else { break }
                return Self.directions(try bank.floats(whole, shape: parameter.shape), rows: parameter.shape[0])
            case .rowLengths(let whole):
                guard let stored = bank.tensor(whole) else { break }
                return Self.rowLengths(try bank.floats(whole, shape: stored.shape), rows: parameter.count)
            case .zeros, .ones, .identity, .heUniform: break
            }
        }
        return Self.draw(parameter, seed: seed)
    }

    /// The value of a parameter that no file has, in the order of files.
    package static func draw(_ parameter: Graph.Parameter, seed: Int) -> [Float] {
        switch parameter.start {
        case .zeros: return [Float](repeating: 0, count: parameter.count)
        case .ones, .rowLengths: return [Float](repeating: 1, count: parameter.count)
        case .identity, .rows: return identity(parameter.shape)
        case .heUniform:
            let bound = (6 / Float(parameter.shape.dropFirst().reduce(1, *))).squareRoot()
            let stream = RandomStream(parameter.name).substream(UInt64(seed))
            return (0..<parameter.count).map { bound * stream.signed(UInt64($0)) }
        }
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
