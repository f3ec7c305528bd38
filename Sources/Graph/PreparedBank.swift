import CThreadPool
import ConvolutionEngine
import TensorCore

/// The frozen filters, each packed once per direction for all tasks.
package final class PreparedBank {
    private struct Key: Hashable {
        let name: String
        let geometry: ConvolutionGeometry
        let transposed: Bool
    }

    package let storage: ParameterStorage
    private let kernels: Kernels
    private let pool: ThreadPool
    private var packed: [Key: (memory: AlignedMemory, filter: PackedFilter)] = [:]

    /// - Parameter storage: the bank's values; they must not change afterwards.
    package init(storage: ParameterStorage, kernels: Kernels, pool: ThreadPool) {
        self.storage = storage
        self.kernels = kernels
        self.pool = pool
    }

    /// The filter `name`, packed for `geometry`; packed when first asked for.
    func filter(_ name: String, _ geometry: ConvolutionGeometry, transposed: Bool) -> PackedFilter {
        let key = Key(name: name, geometry: geometry, transposed: transposed)
        if let known = packed[key] { return known.filter }
        guard let entry = storage.layout.entry(name) else { preconditionFailure("the bank has no \(name)") }
        let size = PackedFilter.size(geometry, transposed: transposed, panelWidth: kernels.panelWidth)
        let memory = AlignedMemory(byteCount: size.stride * size.panels * MemoryLayout<Float>.stride)
        let filter = PackedFilter(data: memory.floats(), stride: size.stride)
        let arguments = ArgumentStore()
        let step = ConvolutionSteps(kernels: kernels, threads: pool.threads, arguments: arguments).pack(
            geometry, filter: storage.values.floats() + entry.offset, to: filter, transposed: transposed)
        pool.run(arguments.keep(step), count: 1)
        memory.protect()
        packed[key] = (memory, filter)
        return filter
    }
}
