import CThreadPool
import ConvolutionEngine
import TensorCore

/// The frozen filters, each made ready once per pass for all tasks.
package final class PreparedBank {
    private struct Key: Hashable {
        let name: String
        let geometry: ConvolutionGeometry
        let algorithm: ConvolutionAlgorithm
        let transposed: Bool
    }

    package let storage: ParameterStorage
    private let kernels: Kernels
    private let pool: ThreadPool
    private var prepared: [Key: AlignedMemory] = [:]

    /// - Parameter storage: the bank's values; they must not change afterwards.
    package init(storage: ParameterStorage, kernels: Kernels, pool: ThreadPool) {
        self.storage = storage
        self.kernels = kernels
        self.pool = pool
    }

    /// The filter `name`, ready for a pass; made so when first asked for.
    func filter(_ name: String, for cut: ConvolutionCut) -> UnsafeMutablePointer<Float> {
        let key = Key(name: name, geometry: cut.geometry, algorithm: cut.algorithm, transposed: cut.transposed)
        if let known = prepared[key] { return known.floats() }
        guard let entry = storage.layout.entry(name) else { preconditionFailure("the bank has no \(name)") }
        let memory = AlignedMemory(byteCount: cut.preparedCount * MemoryLayout<Float>.stride)
        let arguments = ArgumentStore()
        let step = cut.prepare(
            storage.values.floats() + entry.offset, to: memory.floats(),
            with: ConvolutionSteps(kernels: kernels, threads: pool.threads, arguments: arguments))
        pool.run(arguments.keep(step), count: 1)
        memory.protect()
        prepared[key] = memory
        return memory.floats()
    }
}
