import Collectives

/// The timelines of all ranks by one clock.
package struct RunTrace: Sendable {
    /// What one rank did when.
    package struct Rank: Sendable {
        package let rank: Int
        package let host: String
        /// Of events.
        package let names: [String]
        /// In nanoseconds since the first event of any rank.
        package fileprivate(set) var events: [Trace.Event]
    }

    /// In their order.
    package let ranks: [Rank]
    /// The tasks of every graph.
    package let graphs: [String]

    /// All ranks of `team` take part and get the same.
    ///
    /// - Parameter graphs: the outputs of every graph.
    package init(_ trace: Trace, graphs: [[String]], team: RankTeam) throws {
        self.graphs = graphs.map { $0.joined(separator: ", ") }
        let names = try team.gather([team.host] + trace.names)
        let own = trace.kept.map { event in
            var event = event
            event.began -= trace.clockOffset
            event.ended -= trace.clockOffset
            return event
        }
        var ranks = zip(names, try team.gather(own)).enumerated().map { rank, content in
            Rank(rank: rank, host: content.0[0], names: Array(content.0.dropFirst()), events: content.1)
        }
        let start = ranks.lazy.flatMap(\.events).map(\.began).min() ?? 0
        for rank in ranks.indices {
            for index in ranks[rank].events.indices {
                ranks[rank].events[index].began -= start
                ranks[rank].events[index].ended -= start
            }
        }
        self.ranks = ranks
    }
}
