import Collectives

/// A rank among all ranks of the job, and among those that train the same tasks.
package struct TaskTeam {
    package let world: RankTeam
    package let groups: TaskGroups
    /// The ranks that share this rank's tasks; `world` itself where there is one group.
    package let group: RankTeam

    /// Places of the graphs that this rank trains.
    package let graphs: [Int]

    /// Whether the other ranks do not exist.
    let isImagined: Bool

    /// Whether other groups train other graphs.
    package var isSplit: Bool { groups.groups.count > 1 }

    /// A team of one, which trains all graphs.
    package init(graphs: Int) {
        world = RankTeam()
        groups = TaskGroups(graphs: graphs)
        self.graphs = Array(0..<graphs)
        group = world
        isImagined = false
    }

    /// One rank of as many as `groups` has, of which the others do not exist: the last of the group `number`.
    init(imagining groups: TaskGroups, group number: Int) throws(CollectiveError) {
        self.groups = groups
        isImagined = true
        let ranks = groups.groups.map(\.ranks.count)
        world = try RankTeam(imagining: ranks.reduce(0, +))
        group = ranks.count == 1 ? world : try RankTeam(imagining: ranks[number], partOf: world)
        graphs = groups.groups[number].graphs
    }

    /// All ranks of `world` take part, and wait.
    package init(_ world: RankTeam, groups: TaskGroups) throws(CollectiveError) {
        self.world = world
        self.groups = groups
        isImagined = false
        graphs = groups.groups[groups.group(of: world.rank)].graphs
        group = groups.groups.count == 1 ? world : try RankTeam(partOf: world, number: groups.group(of: world.rank))
    }
}
