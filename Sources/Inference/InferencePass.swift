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

    /// - Parameter limit: bytes that the pass, and what becomes of its answers, may take.
    /// - Throws: `InferenceError` where the images are too large for that.
    package init(
        _ networks: [MergedNetwork], height: Int, width: Int, kernels: Kernels, pool: ThreadPool,
        limit: Int = ProcessMemory.limit / 10 * 9
    ) throws(InferenceError) {
        precondition(!networks.isEmpty && height > 0 && width > 0, "a pass has a network and an image")
        self.height = height
        self.width = width
        self.pool = pool
        let needed = Self.byteCount(networks, height: height, width: width, kernels: kernels, threads: pool.threads)
        guard needed <= limit else {
            throw InferenceError(
                "a picture of \(height) x \(width) pixels needs \(needed >> 20) MiB of memory, and there are "
                    + "\(limit >> 20); scale it down")
        }
        let graphs = networks.map { $0.merged.graph.resized(height: height, width: width) }
        flop = graphs.map { $0.cost.total.forward }
        let inputByteCount = Self.inputByteCount(height, width)
        let plans = zip(graphs, networks).map { graph, network in
            network.plan(graph, network.bank, kernels: kernels, threads: pool.threads)
        }
        arenaByteCount = plans.map(\.arenaByteCount).max()!
        inputMemory = AlignedMemory(byteCount: inputByteCount)
        input = inputMemory.floats()
        // Networks run one after the other, so one arena serves them all.
        let arena = AlignedMemory(byteCount: arenaByteCount)
        let input = input
        programs = plans.map { $0.bind(arena: arena, inputs: [input]) }
    }

    /// Bytes of a pass: activations, the image, and two copies of the answers, which whoever keeps one has, and another one
    /// while it is written to a file.
    package static func byteCount(
        _ networks: [MergedNetwork], height: Int, width: Int, kernels: Kernels, threads: Int
    ) -> Int {
        let arenas = networks.map { network in
            network.plan(
                network.merged.graph.resized(height: height, width: width), network.bank.unprepared(),
                kernels: kernels, threads: threads
            ).arenaByteCount
        }
        let answerByteCount = height * width * networks.reduce(0) { $0 + $1.head.channels } * MemoryLayout<Float>.stride
        return arenas.max()! + inputByteCount(height, width) + 2 * answerByteCount
    }

    private static func inputByteCount(_ height: Int, _ width: Int) -> Int {
        height * width * 3 * MemoryLayout<Float>.stride
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

    /// Plans the merged graph, for one image of some size, or a window of it.
    func plan(_ graph: Graph, _ bank: PreparedBank, kernels: Kernels, threads: Int) -> ProgramPlan {
        ProgramPlan(inferring: graph, samples: 1, kernels: kernels, threads: threads, bank: bank)
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
