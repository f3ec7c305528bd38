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
