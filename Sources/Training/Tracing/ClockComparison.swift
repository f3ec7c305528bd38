import Collectives
import TensorCore

/// How far the monotonic clocks of hosts are apart: they count from each host's own start.
package struct ClockComparison: Equatable {
    /// No more than the rank's clock is ahead, in nanoseconds.
    private(set) var least = Int64.min
    /// No less than that.
    private(set) var most = Int64.max

    package init() {}

    /// What one exchange says, in which every rank tells its time and learns those of all others: a rank that has heard
    /// of another's time has a later one.
    ///
    /// - Parameters:
    ///   - sent: the times that this rank and the first rank told, each by its own clock.
    ///   - received: when each had heard all, by its own clock.
    package mutating func add(sent: (own: Int64, first: Int64), received: (own: Int64, first: Int64)) {
        most = min(most, received.own - sent.first)
        least = max(least, sent.own - received.first)
    }

    /// How far the rank's clock is ahead of the first rank's: the middle of what is possible.
    package var offset: Int64 { least + (most - least) / 2 }

    /// This rank's offset, to within half of the shortest exchange; 0 for the ranks of the first rank's host. All ranks
    /// take part.
    static func offset(_ team: RankTeam) throws(CollectiveError) -> Int64 {
        guard team.size > 1 else { return 0 }
        var comparison = ClockComparison()
        var last: (sent: (own: Int64, first: Int64), received: Int64)?
        for _ in 0..<24 {
            let now = MonotonicClock.nanoseconds
            let first = try team.gather([now, last?.received ?? 0])[0]
            let received = MonotonicClock.nanoseconds
            if let last { comparison.add(sent: last.sent, received: (last.received, first[1])) }
            last = ((now, first[0]), received)
        }
        return team.sharesHostWithFirst ? 0 : comparison.offset
    }
}
