import Collectives
import Configuration

/// How ranks are split by task: each group trains some of the graphs on whole batches, which its ranks share. Tasks
/// have nothing trainable in common, so groups say nothing to each other about gradients, and the results are those of
/// one group.
package struct TaskGroups: Sendable, Equatable {
    /// Ranks that train the same graphs, and share each of their batches.
    package struct Group: Sendable, Equatable {
        /// Places of the graphs, ascending.
        package var graphs: [Int]
        /// Neighbours, so that ranks of a node stay together.
        package var ranks: Range<Int>
    }

    /// In the order of their ranks; each has at least one graph and one rank.
    package let groups: [Group]

    /// All ranks in one group.
    package init(graphs: Int, ranks: Int = 1) {
        groups = [Group(graphs: Array(0..<graphs), ranks: 0..<ranks)]
    }

    /// The groups that settings ask for.
    ///
    /// `auto` takes the number of groups whose slowest rank computes least, and of equals the largest, because ranks of
    /// one task exchange less. More groups than ranks are as many as ranks, so a configuration for a cluster also runs on
    /// one machine.
    ///
    /// - Parameters:
    ///   - costs: what a sample costs in every graph.
    ///   - batch: samples of the global batch; no group has more ranks.
    /// - Throws: `UsageError`, or `TooManyRanksError`.
    package init(
        _ setting: CountOrAutomatic, costs: [Int], ranks: Int, batch: Int
    ) throws {
        let most = min(costs.count, ranks)
        let candidates: ClosedRange<Int>
        switch setting {
        case .automatic: candidates = 1...most
        case .count(let count):
            guard count <= costs.count else {
                throw UsageError(
                    costs.count == 1
                        ? "parallel.task_groups: \(count) groups cannot share one network; leave it at 1 with a single "
                            + "task, and with the joint baseline (model.method: conv)"
                        : "parallel.task_groups: \(costs.count) tasks make at most \(costs.count) groups, not \(count)")
            }
            candidates = min(count, most)...min(count, most)
        }
        let plans = candidates.compactMap { Self.divide(costs, into: $0, ranks: ranks, batch: batch) }
        // The first of equals comes last.
        guard let best = plans.reversed().min(by: { $0.cost < $1.cost }) else {
            throw TooManyRanksError(ranks: ranks, batch: batch, groups: candidates.upperBound)
        }
        groups = best.groups
    }

    package func group(of rank: Int) -> Int { groups.firstIndex { $0.ranks.contains(rank) }! }

    /// The first of the ranks that train a graph.
    package func firstRank(ofGraph graph: Int) -> Int {
        groups.first { $0.graphs.contains(graph) }!.ranks.lowerBound
    }

    /// The dearest graphs go first, each to the group that has least; then every rank goes to the group whose ranks have
    /// most. nil where there are more ranks than samples in all groups together.
    private static func divide(
        _ costs: [Int], into count: Int, ranks: Int, batch: Int
    ) -> (groups: [Group], cost: Int)? {
        var parts = [(graphs: [Int], cost: Int, ranks: Int)](repeating: ([], 0, 1), count: count)
        for graph in costs.indices.sorted(by: { (-costs[$0], $0) < (-costs[$1], $1) }) {
            // A part without a graph comes first, even where graphs cost nothing.
            let place = parts.indices.min {
                (parts[$0].cost, parts[$0].graphs.count, $0) < (parts[$1].cost, parts[$1].graphs.count, $1)
            }!
            parts[place].graphs.append(graph)
            parts[place].cost += costs[graph]
        }
        parts.sort { $0.graphs.min()! < $1.graphs.min()! }
        for _ in count..<ranks {
            let open = parts.indices.filter { parts[$0].ranks < batch }
            // a / m > b / n without rounding.
            guard let place = open.max(by: { parts[$0].cost * parts[$1].ranks < parts[$1].cost * parts[$0].ranks })
            else { return nil }
            parts[place].ranks += 1
        }
        var first = 0
        let groups = parts.map { part in
            defer { first += part.ranks }
            return Group(graphs: part.graphs.sorted(), ranks: first..<first + part.ranks)
        }
        let cost = parts.map { ($0.cost) * ((batch + $0.ranks - 1) / $0.ranks) }.max()!
        return (groups, cost)
    }
}
