import ConvolutionEngine
import Datasets
import Graph
import Networks
import TensorCore

/// Merged networks planned for one image of one size. After construction a run allocates nothing.
package final class InferencePass {
    package let height: Int
    package let width: Int
    /// The normalized image, height × width × 3; to be filled before a run.
    package let input: UnsafeMutablePointer<Float>
    /// Bytes that the networks' activations share.
    package let arenaByteCount: Int
    /// Of one image, for each network; see `Graph.Flop`.
    package let flop: [Int]
    private let programs: [Program]
    private let inputMemory: AlignedMemory
    private let pool: ThreadPool

    /// Bytes of activations and image.
    var byteCount: Int { arenaByteCount + inputMemory.byteCount }

    /// - Parameter taken: bytes of the machine's memory that something else has.
    /// - Throws: `InferenceError` where the images are too large for the memory that is left.
    package init(
        _ networks: [MergedNetwork], height: Int, width: Int, kernels: Kernels, pool: ThreadPool, besides taken: Int = 0
    ) throws(InferenceError) {
        precondition(!networks.isEmpty && height > 0 && width > 0, "a pass has a network and an image")
        self.height = height
        self.width = width
        self.pool = pool
        let graphs = networks.map { $0.merged.graph.resized(height: height, width: width) }
        flop = graphs.map { $0.cost.total.forward }
        let inputByteCount = height * width * 3 * MemoryLayout<Float>.stride
        let plans = zip(graphs, networks).map { graph, network in
            ProgramPlan(inferring: graph, samples: 1, kernels: kernels, threads: pool.threads, bank: network.bank)
        }
        arenaByteCount = plans.map(\.arenaByteCount).max()!
        // Whoever keeps an answer has a copy of it, and another while it is written to a file.
        let answerByteCount = height * width * networks.reduce(0) { $0 + $1.head.channels } * MemoryLayout<Float>.stride
        let needed = arenaByteCount + inputByteCount + 2 * answerByteCount
        guard needed < ProcessMemory.limit / 10 * 9 - taken else {
            throw InferenceError(
                "a picture of \(height) x \(width) pixels needs \(needed >> 20) MiB of memory, and there are "
                    + "\(ProcessMemory.limit >> 20); scale it down")
        }
        inputMemory = AlignedMemory(byteCount: inputByteCount)
        input = inputMemory.floats()
        // Networks run one after the other, so one arena serves them all.
        let arena = AlignedMemory(byteCount: arenaByteCount)
        let input = input
        programs = plans.map { $0.bind(arena: arena, input: input) }
    }

    /// Runs one network; the answer is valid until another is run.
    @discardableResult
    package func run(_ index: Int) -> TensorView {
        programs[index].runForward(on: pool)
        return programs[index].outputs[0].value
    }
}

/// Why a network cannot be run or taken away as it was asked for, in one sentence that says what to change.
package struct InferenceError: RequestError {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// The network of one task as it is deployed: merged, with filters that are made ready once.
package final class MergedNetwork {
    package let head: TaskHead
    package let merged: MergedGraph
    let bank: PreparedBank

    /// - Parameters:
    ///   - graph: has an output for the head, for images of any size.
    ///   - parameters: together the values of all parameters of `graph`; no longer needed afterwards.
    package init(head: TaskHead, graph: Graph, parameters: [ParameterStorage], kernels: Kernels, pool: ThreadPool) {
        self.head = head
        merged = MergedGraph(
            merging: graph, outputs: [head.name], parameters: parameters, kernels: kernels, pool: pool)
        bank = PreparedBank(storage: merged.parameters, kernels: kernels, pool: pool)
    }

    /// Makes sure that the network gives numbers: of a grey picture that grows lighter to the right.
    ///
    /// - Throws: `PredictionError` where an answer is not finite.
    package func checkPredicts(kernels: Kernels, pool: ThreadPool) throws {
        let side = 64
        let bytes = (0..<side * side).map { UInt8(4 * ($0 % side)) }
        let picture = ImageFile(height: side, width: side, channels: 1, bytes: bytes)
        _ = try Predictor([self], kernels: kernels, pool: pool).predict(picture, name: "a grey picture")
    }

    /// Reads and merges the network of `task`.
    ///
    /// - Throws: `FileSystemError`, `InvalidFileError`.
    package convenience init(_ model: StoredModel, task: String, kernels: Kernels, pool: ThreadPool) throws {
        let head = try model.head(task)
        // Any size does: the merged graph fits all.
        let network = try model.network(head, height: 64, width: 64)
        self.init(
            head: head, graph: network.graph, parameters: network.parameters.storages, kernels: kernels, pool: pool)
    }
}
