import Collectives
import Tasks

extension MetricTally {
    /// What is known of single samples: all but the counts.
    private struct Samples: Codable {
        let samples: [Int]
        let rows: [Double]
        let pixelValues: [Float]
    }

    /// What all ranks of a team have seen together; the same on all of them.
    ///
    /// Counts, of which some metrics have megabytes, are added up on their way. Rows are gathered, and values of pixels
    /// where all ranks together have few enough to keep them, so that no rank needs more than one process would.
    func total(over team: RankTeam) throws(CollectiveError) -> MetricTally {
        let counts = try team.sum(counts)
        let own = replacing(counts: counts, samples: samples, rows: rows, pixelValues: pixelValues)
        let parts = try team.gather(
            Samples(samples: own.samples, rows: own.rows, pixelValues: own.pixelValues))
        let none = [Int64](repeating: 0, count: counts.count)
        return parts.enumerated().reduce(into: replacing(counts: none, samples: [], rows: [])) { total, part in
            total.merge(
                replacing(
                    counts: part.offset == 0 ? counts : none, samples: part.element.samples, rows: part.element.rows,
                    pixelValues: part.element.pixelValues))
        }
    }
}
