import Configuration
import TensorCore

extension ParallelSettings {
    /// Bytes that a pass in evaluation may take.
    package var evaluationLimit: Int {
        switch evaluationBytes {
        case .automatic: ProcessMemory.passLimit
        case .count(let count): count
        }
    }

    /// The workers that are asked for; with `auto` as many as there are processors for. They are pinned where they fill
    /// the processors.
    package func threadPool(on processors: Processors = .available()) -> ThreadPool {
        let count =
            switch threads {
            case .automatic: processors.threads
            case .count(let count): count
            }
        return ThreadPool(threads: count, processors: processors.pinning(threads: count))
    }
}
