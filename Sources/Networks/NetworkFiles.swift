import Checkpoints
import Configuration
import Graph
import TensorCore

/// How the values of a network lie in files.
///
/// A task's file holds all that the task needs beside the bank; with method `conv` that includes the backbone.
extension NetworkParameters {
    /// The tensors of `storage`, all or those that `include` wants, in the order and shapes of files, each under `prefix`
    /// and its name.
    package static func tensors(
        _ storage: ParameterStorage, of memory: AlignedMemory, prefix: String = "",
        where include: (Graph.Parameter) -> Bool = { _ in true }
    ) -> [TensorEntry] {
        storage.layout.entries.filter { include($0.parameter) }.map { entry in
            TensorEntry(prefix + entry.parameter.name, shape: entry.parameter.shape) {
                (target: UnsafeMutableBufferPointer<Float>) in
                storage.copy(entry, from: memory, to: target)
            }
        }
    }

    /// Reads the tensors of `storage` from a file: all, or those that `include` wants.
    ///
    /// - Throws: `InvalidFileError` where one is missing or has another shape.
    package static func read(
        _ storage: ParameterStorage, into memory: AlignedMemory, from file: any TensorFile, prefix: String = "",
        where include: (Graph.Parameter) -> Bool = { _ in true }
    ) throws {
        for entry in storage.layout.entries where include(entry.parameter) {
            let values = try file.floats(prefix + entry.parameter.name, shape: entry.parameter.shape)
            storage.write(values, to: entry, in: memory)
        }
    }

    /// What the file of one task holds: its own parameters and those that its network shares with others in training.
    package func tensors(ofTask name: String, in graphs: [Graph]) -> [TensorEntry] {
        guard let place = graphs.firstIndex(where: { $0.outputs.contains { $0.name == name } }) else {
            preconditionFailure("\(name) is no task of this network")
        }
        let group = groups[place]
        return tensors(ofTask: name, in: group.trained) + tensors(ofTask: name, in: group.statistics)
    }

    private func tensors(ofTask name: String, in storage: ParameterStorage) -> [TensorEntry] {
        Self.tensors(storage, of: storage.values) { $0.owner == .shared || $0.owner == .task(name) }
    }

    /// Floats that are trained for one task, and with method `conv` those of the backbone; running statistics are none.
    package func parameterCount(ofTask name: String, in graphs: [Graph]) -> Int {
        let place = graphs.firstIndex { $0.outputs.contains { $0.name == name } }!
        return tensors(ofTask: name, in: groups[place].trained).reduce(0) { $0 + $1.shape.reduce(1, *) }
    }
}

extension Graph {
    /// Proves that a file has all parameters of the given roles, each in its shape: before memory is taken for them,
    /// whose size a damaged description could claim at will.
    ///
    /// - Throws: `InvalidFileError` where one is missing or has another shape.
    func check(_ roles: Set<Parameter.Role>, in file: any TensorFile) throws {
        for parameter in parameters where roles.contains(parameter.role) {
            try file.expect(parameter.name, shape: parameter.shape)
        }
    }
}
