import Configuration
import TensorCore

extension ParallelSettings {
    /// The workers that are asked for; with `auto` as many as the process has processors for. They are pinned where
    /// they fill the machine.
    package func threadPool() -> ThreadPool {
        let processors = Processors.available()
        let count =
            switch threads {
            case .automatic: processors.threads
            case .count(let count): count
            }
        return ThreadPool(threads: count, processors: processors.pinning(threads: count))
    }
}
