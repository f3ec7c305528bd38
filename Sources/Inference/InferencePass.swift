import ConvolutionEngine
import Graph
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
