import Collectives

/// A rank among all ranks of the job, and among those that train the same tasks.
package struct TaskTeam {
    package let world: RankTeam
    package let groups: TaskGroups
    /// The ranks that share this rank's tasks; `world` itself where there is one group.
    package let group: RankTeam

    /// Places of the graphs that this rank trains.
    package var graphs: [Int] { groups.groups[groups.group(of: world.rank)].graphs }

    /// Whether other groups train other graphs.
    package var isSplit: Bool { groups.groups.count > 1 }

    /// A team of one, which trains all graphs.
    package init(graphs: Int) {
        world = RankTeam()
        groups = TaskGroups(graphs: graphs)
        group = world
    }

    /// All ranks of `world` take part, and wait.
    package init(_ world: RankTeam, groups: TaskGroups) throws(CollectiveError) {
        self.world = world
        self.groups = groups
        group = groups.groups.count == 1 ? world : try RankTeam(partOf: world, number: groups.group(of: world.rank))
    }
}
