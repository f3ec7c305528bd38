/// Which ranks share a node, that is, memory. Ranks are numbered node by node.
package struct NodeLayout: Sendable, Equatable {
    /// The host name of every node.
    package let hosts: [String]
    /// The ranks of every node, contiguous.
    package let ranks: [Range<Int>]

    package init(hosts: [String], ranks: [Range<Int>]) {
        precondition(hosts.count == ranks.count && ranks.first?.lowerBound == 0, "every node has a name")
        precondition(zip(ranks, ranks.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        self.hosts = hosts
        self.ranks = ranks
    }

    /// One node with `ranks` ranks.
    package init(host: String, ranks: Int) {
        self.init(hosts: [host], ranks: [0..<ranks])
    }

    package func node(of rank: Int) -> Int { ranks.firstIndex { $0.contains(rank) }! }

    package func host(of rank: Int) -> String { hosts[node(of: rank)] }
}

extension NodeLayout {
    /// The layout of some of the ranks, in a new order in which those of a node follow each other; where they do not,
    /// every run of neighbours counts as a node.
    package func restricted(to members: [Int]) -> NodeLayout {
        var hosts: [String] = []
        var ranges: [Range<Int>] = []
        var last: Int?
        for (place, member) in members.enumerated() {
            let node = node(of: member)
            if node == last {
                ranges[ranges.count - 1] = ranges.last!.lowerBound..<place + 1
            } else {
                hosts.append(self.hosts[node])
                ranges.append(place..<place + 1)
            }
            last = node
        }
        return NodeLayout(hosts: hosts, ranks: ranges)
    }
}

/// The ranks of a job in two levels: those that share memory, and one of each node.
package struct NodeCommunicators {
    package let world: any Communicator
    /// The ranks of this node, in order; its rank 0 is the node's leader.
    package let node: any Communicator
    /// The leaders of all nodes, in order; nil on other ranks.
    package let leaders: (any Communicator)?

    /// Every rank on a node of its own.
    package init(_ imagined: ImaginedCommunicator) {
        (world, node, leaders) = (imagined, LoopbackCommunicator(host: imagined.host), imagined)
    }

    /// All ranks of `world` take part, and wait.
    package init(_ world: any Communicator) throws(CollectiveError) {
        self.world = world
        node = try world.split(color: world.nodes.node(of: world.rank), key: world.rank)
        let leads = node.rank == 0
        let others = try world.split(color: leads ? 0 : 1, key: world.rank)
        leaders = leads ? others : nil
    }
}
