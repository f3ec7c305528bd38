import Configuration
import TensorCore

extension ParallelSettings {
    /// The workers that are asked for; with `auto` as many as the process has processors for. They are pinned where
    /// they fill the machine.
    ///
    /// - Parameter ranksPerNode: processes that share the processors.
    package func threadPool(ranksPerNode: Int = 1) -> ThreadPool {
        let processors = Processors.available()
        let count =
            switch threads {
            case .automatic: max(1, processors.threads / ranksPerNode)
            case .count(let count): count
            }
        return ThreadPool(threads: count, processors: ranksPerNode == 1 ? processors.pinning(threads: count) : nil)
    }
}
