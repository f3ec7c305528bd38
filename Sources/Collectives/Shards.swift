import TensorCore

/// How the samples of the global batch, or of a validation set, are dealt to ranks: contiguous, in the order of ranks
/// and so of nodes, sizes that differ by at most one.
package struct Shards: Sendable, Equatable {
    /// The samples of every rank.
    package let ranges: [Range<Int>]

    /// The shards of a training batch, none of them empty.
    package init(batch: Int, ranks: Int) throws(TooManyRanksError) {
        guard ranks <= batch else { throw TooManyRanksError(ranks: ranks, batch: batch) }
        self.init(samples: batch, ranks: ranks)
    }

    /// The shards of any number of samples; with fewer samples than ranks, some are empty.
    package init(samples: Int, ranks: Int) {
        precondition(samples >= 0 && ranks > 0, "samples are dealt to at least one rank")
        ranges = (0..<ranks).map { $0 * samples / ranks..<($0 + 1) * samples / ranks }
    }
}

/// More ranks than samples in the global batch, which every group of ranks computes once.
package struct TooManyRanksError: RequestError, Equatable {
    package let ranks: Int
    package let batch: Int
    package let groups: Int

    package init(ranks: Int, batch: Int, groups: Int = 1) {
        (self.ranks, self.batch, self.groups) = (ranks, batch, groups)
    }

    package var description: String {
        let most = groups * batch
        return "\(ranks) ranks\(groups == 1 ? "" : " in \(groups) task groups") cannot share a batch of \(batch) "
            + "\(batch == 1 ? "sample" : "samples"): start at most \(most) \(most == 1 ? "rank" : "ranks"), "
            + "or raise training.batch to at least \((ranks + groups - 1) / groups)"
    }
}
