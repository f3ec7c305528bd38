/// `parallel`: how the work is spread.
package struct ParallelSettings: ConfigurationSection {
    /// `threads`: of each rank; `auto` (default) takes one per physical core that the rank may use.
    package var threads = CountOrAutomatic.automatic
    /// `batch_norm`: over which samples statistics are taken; `global` by default, as in the paper.
    package var batchNorm = BatchNormScope.global
    /// `reduction`: how gradients are summed over ranks; `reproducible` by default.
    package var reduction = Reduction.reproducible
    /// `bucket_bytes`: gradients are sent in buckets of about this many bytes; 4194304 by default.
    package var bucketBytes = 4_194_304
    /// `task_groups`: groups of ranks that train different tasks; 1 by default, and `auto` chooses. A rank of a group has
    /// more samples of fewer tasks, so it needs more memory.
    package var taskGroups = CountOrAutomatic.count(1)
    /// `stall_seconds`: seconds without a sign of life after which a rank counts as lost; 20 by default.
    package var stallSeconds = 20

    /// `evaluation_bytes`: the memory that evaluating one picture may take on a rank; a picture that needs more goes in tiles.
    /// `auto` (default) is half of the machine's.
    package var evaluationBytes = CountOrAutomatic.automatic

    package enum BatchNormScope: String, ConfigurationChoice {
        /// The batch of all ranks together.
        case global
        /// Each rank's own shard: faster, and the result depends on the number of ranks. Running statistics are the means
        /// over ranks whenever they are evaluated or saved.
        case local
    }

    package enum Reduction: String, ConfigurationChoice {
        /// Along one fixed tree over the samples: the same bits on any number of ranks.
        case reproducible
        /// As the communication library likes.
        case plain
    }

    package init() {}

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("threads", &threads, .count(1...4096))
        visitor.value("batch_norm", &batchNorm)
        visitor.value("reduction", &reduction)
        visitor.value("bucket_bytes", &bucketBytes, .range(1024...1_073_741_824))
        visitor.value("task_groups", &taskGroups, .count(1...4096))
        visitor.value("stall_seconds", &stallSeconds, .range(1...86400))
        visitor.value("evaluation_bytes", &evaluationBytes, .count(1...1 << 50))
    }
}
