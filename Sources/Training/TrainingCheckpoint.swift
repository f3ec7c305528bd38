import Checkpoints
import ConvolutionEngine
import Foundation
import Graph
import Networks
import TensorCore

/// Everything that a run needs to go on as if it had never stopped: the steps done, and of every graph the values, the
/// running statistics and what the optimizer keeps. What is drawn at random is a function of the step. Runs that look for
/// their best validation keep what they know of it.
package struct TrainingCheckpoint {
    package let graphs: [Graph]
    package let parameters: NetworkParameters
    /// Of every graph; under its name and the parameter's, such as `velocity.bn1.bnorm.weight`.
    package let states: [OptimizerState]

    private let kernels: Kernels

    static let stateName = "state.safetensors"
    private static let courseKey = "validations"
    private static let otherBitsKey = "other_bits"

    package init(graphs: [Graph], parameters: NetworkParameters, states: [OptimizerState], kernels: Kernels) {
        self.kernels = kernels
        self.graphs = graphs
        self.parameters = parameters
        self.states = states
    }

    /// Writes the state after `step` steps.
    ///
    /// - Parameters:
    ///   - course: of the validations so far, in runs that look for the best.
    ///   - otherBits: by which other kernels earlier steps were computed, if any were.
    package func write(
        step: Int, to folder: CheckpointFolder, course: ValidationCourse? = nil, otherBits: String? = nil
    ) throws {
        var metadata = KernelRequest.Metadata(of: kernels).texts
        // Equal states have equal bytes.
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        metadata[Self.courseKey] = try course.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        metadata[Self.otherBitsKey] = otherBits
        var files = [
            CheckpointFolder.File(
                Self.stateName, tensors: [TensorEntry("step", shape: [1], values: [Int64(step)])],
                metadata: metadata)
        ]
        for (graph, (group, state)) in zip(graphs, zip(parameters.groups, states)) {
            let tensors =
                NetworkParameters.tensors(group.trained, of: group.trained.values)
                + NetworkParameters.tensors(group.statistics, of: group.statistics.values)
                + state.memories.flatMap { name, memory in
                    NetworkParameters.tensors(group.trained, of: memory, prefix: name + ".")
                }
            files.append(CheckpointFolder.File(name(of: graph), tensors: tensors))
        }
        try folder.write(step: step, files: files)
    }

    /// Reads a state back and returns its step.
    package func read(_ checkpoint: Checkpoint) throws -> Int {
        for (graph, (group, state)) in zip(graphs, zip(parameters.groups, states)) {
            let file = try checkpoint.file(name(of: graph))
            try NetworkParameters.read(group.trained, into: group.trained.values, from: file)
            try NetworkParameters.read(group.statistics, into: group.statistics.values, from: file)
            for (name, memory) in state.memories {
                try NetworkParameters.read(group.trained, into: memory, from: file, prefix: name + ".")
            }
        }
        let step = try checkpoint.file(Self.stateName).values("step", shape: [1], of: Int64.self)
        return Int(step[0])
    }

    /// What a state says of the validations before it; nil where it says nothing.
    func course(in checkpoint: Checkpoint) throws -> ValidationCourse? {
        let text = try checkpoint.file(Self.stateName).metadata[Self.courseKey]
        return text.flatMap { try? JSONDecoder().decode(ValidationCourse.self, from: Data($0.utf8)) }
    }

    /// By which other kernels a run was computed up to a checkpoint, such as "avx2 to step 100"; and whether it is from there on
    /// that others compute.
    func otherBits(after checkpoint: Checkpoint) throws -> (text: String?, isNew: Bool) {
        let state = try checkpoint.file(Self.stateName)
        let before = state.metadata[Self.otherBitsKey]
        guard let change = KernelRequest.Metadata(of: kernels).change(from: KernelRequest.Metadata(state.metadata))
        else {
            return (before, false)
        }
        let step = try state.values("step", shape: [1], of: Int64.self)[0]
        return ((before.map { "\($0), " } ?? "") + "\(change) to step \(step)", true)
    }

    /// A file per graph, named by its tasks, whose names have no `-`; where that is too long for a file system, by their
    /// digest. The state's own file has its name to itself.
    private func name(of graph: Graph) -> String {
        let names = graph.outputs.map(\.name).joined(separator: "-")
        let isLong = names.utf8.count > Self.longestName
        let name = (isLong ? "tasks-" + Array(names.utf8).withUnsafeBytes(SHA256.hexadecimal) : names) + ".safetensors"
        return name == Self.stateName ? "state-.safetensors" : name
    }

    /// With the ending and what writing aside adds, a file's name may have 255 bytes.
    private static let longestName = 200
}
