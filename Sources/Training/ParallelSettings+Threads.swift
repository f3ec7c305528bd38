import Configuration
import TensorCore

extension ParallelSettings {
    /// The workers of this process: one per physical core that it may use, unless the configuration says how many.
    package func threadPool() -> ThreadPool {
        let processors = Processors.available()
        let threads =
            switch threads {
            case .automatic: processors.threads
            case .count(let count): count
            }
        return ThreadPool(threads: threads, processors: processors.pinning(threads: threads))
    }
}
