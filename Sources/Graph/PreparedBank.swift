import CThreadPool
import ConvolutionEngine
import TensorCore

/// The frozen filters, each made ready once per pass for all tasks.
///
/// Plans ask for filters, and when all have, `prepare` makes them ready together, so that ranks which share memory can
/// hold them once.
package final class PreparedBank {
    /// A filter in the form that a pass reads; its values are there once the bank is prepared.
    final class Form {
        let cut: ConvolutionCut
        let filter: UnsafePointer<Float>
        fileprivate(set) var values: UnsafeMutablePointer<Float>?

        init(cut: ConvolutionCut, filter: UnsafePointer<Float>) {
            self.cut = cut
            self.filter = filter
        }
    }

    private struct Key: Hashable {
        let name: String
        let geometry: ConvolutionGeometry
        let algorithm: ConvolutionAlgorithm
        let transposed: Bool
    }

    package let storage: ParameterStorage
    private let kernels: Kernels
    private let pool: ThreadPool
    private var forms: [Key: Form] = [:]
    /// Asked for and not ready yet, in the order of asking, which is the same on all ranks.
    private var wanted: [Form] = []
    private var memories: [AlignedMemory] = []

    /// - Parameter storage: the bank's values; they must not change afterwards.
    package init(storage: ParameterStorage, kernels: Kernels, pool: ThreadPool) {
        self.storage = storage
        self.kernels = kernels
        self.pool = pool
    }

    /// The same filters, none of which is ready: for plans that are made to know what they would take.
    package func unprepared() -> PreparedBank { PreparedBank(storage: storage, kernels: kernels, pool: pool) }

    /// Bytes of what is ready.
    package var byteCount: Int { memories.reduce(0) { $0 + $1.byteCount } }

    /// The filter `name` in the form that a pass needs.
    func filter(_ name: String, for cut: ConvolutionCut) -> Form {
        let key = Key(name: name, geometry: cut.geometry, algorithm: cut.algorithm, transposed: cut.transposed)
        if let known = forms[key] { return known }
        guard let entry = storage.layout.entry(name) else { preconditionFailure("the bank has no \(name)") }
        let form = Form(cut: cut, filter: storage.values.floats() + entry.offset)
        forms[key] = form
        wanted.append(form)
        return form
    }

    /// Makes ready what plans have asked for so far.
    ///
    /// - Parameter allocate: gives memory of so many bytes, read-only, that its second argument has written.
    package func prepare(
        in allocate: (_ byteCount: Int, _ fill: (UnsafeMutableRawPointer) -> Void) throws -> AlignedMemory
    ) rethrows {
        guard !wanted.isEmpty else { return }
        var offsets: [Int] = []
        var count = 0
        for form in wanted {
            offsets.append(count)
            count += (form.cut.preparedCount + 15) / 16 * 16
        }
        let (forms, pool, kernels) = (wanted, pool, kernels)
        let memory = try allocate(count * MemoryLayout<Float>.stride) { base in
            let arguments = ArgumentStore()
            let steps = ConvolutionSteps(kernels: kernels, threads: pool.threads, arguments: arguments)
            let base = base.assumingMemoryBound(to: Float.self)
            let work = zip(forms, offsets).map { $0.cut.prepare($0.filter, to: base + $1, with: steps) }
            pool.run(arguments.keep(work), count: work.count)
        }
        for (form, offset) in zip(wanted, offsets) { form.values = memory.floats() + offset }
        memories.append(memory)
        wanted = []
    }

    /// Makes ready what plans have asked for so far, in memory of this process alone.
    package func prepare() {
        prepare { byteCount, fill in
            let memory = AlignedMemory(byteCount: byteCount)
            fill(memory.base)
            memory.protect()
            return memory
        }
    }
}
