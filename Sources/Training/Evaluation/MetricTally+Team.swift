import Collectives
import Tasks

extension MetricTally {
    /// What all ranks of a team have seen together; the same on all of them.
    ///
    /// Counts, of which some metrics have megabytes, are added up on their way. Rows are gathered, and values of pixels
    /// where all ranks together have few enough to keep them, so that no rank needs more than one process would.
    func total(over team: RankTeam) throws(CollectiveError) -> MetricTally {
        let counts = try team.sum(counts)
        let own = replacing(counts: counts, samples: samples, rows: rows, pixelValues: pixelValues)
        let parts = try team.gather(own.encoded())
        let none = [Int64](repeating: 0, count: counts.count)
        return parts.dropFirst().reduce(into: decoded(parts[0], counts: counts)) { total, part in
            total.merge(decoded(part, counts: none))
        }
    }
}
