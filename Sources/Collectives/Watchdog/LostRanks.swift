/// Ranks that the others cannot go on without, as one sentence for a person.
struct LostRanks {
    struct Rank {
        let rank: Int
        let host: String
        let activity: RankActivity
        /// Seconds of silence; nil where the process is known to have ended.
        let silence: Int?
    }

    let ranks: [Rank]
    /// The step of those that are left, from 1; 0 before the first.
    let step: Int
    /// What those that are left wait for; empty where that is not known.
    let awaited: String

    /// Ranks of one host in one place are named together.
    var description: String {
        var groups: [[Rank]] = []
        for rank in ranks {
            if let last = groups.last?.last, last.host == rank.host, last.activity.place == rank.activity.place,
                (last.silence == nil) == (rank.silence == nil)
            {
                groups[groups.count - 1].append(rank)
            } else {
                groups.append([rank])
            }
        }
        let shown = groups.prefix(4).map(sentence).joined(separator: "; ")
        let more = groups.dropFirst(4).joined().count
        let others =
            (awaited.isEmpty ? "the others cannot go on" : "the others wait for \(awaited)")
            + (step > 0 ? " in step \(step)" : "")
        return "lost \(shown)\(more > 0 ? "; and \(more) more" : ""); \(others); \(Watchdog.advice)"
    }

    private func sentence(_ group: [Rank]) -> String {
        let first = group[0]
        let numbers = group.map { "\($0.rank)" }.joined(separator: ", ")
        let cause = first.silence.map { "no sign of life for \($0) s" } ?? "its process has ended"
        return "\(group.count == 1 ? "rank" : "ranks") \(numbers) on \(first.host) \(first.activity.place): \(cause)"
    }
}
