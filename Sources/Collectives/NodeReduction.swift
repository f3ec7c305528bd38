import CSharedMemory
import ConvolutionEngine

/// Sums over ranks along the tree of samples in two levels: ranks of a node add their partials in memory that they share,
/// and only what is left of a node, one partial per maximal subtree of its samples, crosses the network between the
/// nodes' leaders. The additions are those of the one tree, so the bits are those of one process.
///
/// Every rank of a node lays its partials of a piece into the shared memory, adds one slice of all of them, and copies
/// the whole sum out. Numbers beside the data say how far every rank is; nobody waits inside.
package final class NodeReduction: SampleReduction {
    /// Bytes of one partial of a piece where memory allows.
    private static let mostPieceByteCount = 1 << 20
    /// Bytes of shared memory that are enough: small containers have 64 MB.
    private static let sharedByteCount = 32 << 20

    fileprivate let node: NodeMemory
    /// Between leaders, where there are several nodes.
    fileprivate let network: ReproducibleReduction?
    fileprivate let subtrees: Int
    fileprivate let isAlone: Bool
    fileprivate let nodes: Int
    /// Merges of the partials of this node's ranks, and where a partial of the node is complete.
    fileprivate let merges: [UInt8]
    fileprivate let ends: [UInt8]
    /// Place of this rank's first partial among the node's.
    fileprivate let firstPartial: Int
    /// Pieces reduced so far; the same on all ranks.
    fileprivate var pieces: UInt32 = 0
    private var laid = SentData()
    package let traffic: ReductionTraffic

    package var sent: SentData { laid + sentToNodes }
    /// What this rank has sent to other nodes so far.
    package var sentToNodes: SentData { network?.sent ?? SentData() }

    /// All ranks take part, and wait.
    ///
    /// - Parameters:
    ///   - communicators: used by nothing else while operations are under way.
    ///   - shards: the samples of every rank.
    ///   - largestByteCount: of the largest bucket that will be reduced.
    ///   - messages: between nodes.
    /// - Throws: where memory cannot be shared, on all ranks of that node; see ``ReproducibleReduction`` for a way
    ///   without.
    package convenience init(
        _ communicators: NodeCommunicators, shards: Shards, largestByteCount: Int,
        messages: ReproducibleReduction.Messages = .toAll
    ) throws(CollectiveError) {
        let world = communicators.world
        let tree = ReductionTree(shard: world.rank, of: shards.ranges)
        let partials = world.nodes.ranks.map { tree.subtreesOfShards[$0].reduce(0, +) }.max()!
        let bytes = min(Self.mostPieceByteCount, Self.sharedByteCount / (2 * partials))
        try self.init(
            communicators, shards: shards, pieceByteCount: max(4096, min(largestByteCount, bytes)),
            messages: messages)
    }

    /// - Parameter pieceByteCount: of one partial of a piece; at least one element goes in each.
    package init(
        _ communicators: NodeCommunicators, shards: Shards, pieceByteCount: Int,
        messages: ReproducibleReduction.Messages = .toAll
    ) throws(CollectiveError) {
        let world = communicators.world
        precondition(shards.ranges.count == world.size && pieceByteCount > 0, "one shard per rank")
        let place = world.nodes.node(of: world.rank)
        let ranks = world.nodes.ranks[place]
        let samplesOfNodes = world.nodes.ranks.map {
            shards.ranges[$0.lowerBound].lowerBound..<shards.ranges[$0.upperBound - 1].upperBound
        }
        let nodeTree = ReductionTree(shard: place, of: samplesOfNodes)
        let trees = ranks.map { ReductionTree(shard: $0, of: shards.ranges) }
        // The node folds what its ranks have not folded yet: at the last sample of a rank's subtree, the merges of the
        // node's tree less those that the rank did.
        var (merges, ends): ([UInt8], [UInt8]) = ([], [])
        var sample = 0
        for tree in trees {
            for index in tree.merges.indices {
                if tree.ends[index] != 0 {
                    merges.append(nodeTree.merges[sample] - tree.merges[index])
                    ends.append(nodeTree.ends[sample])
                }
                sample += 1
            }
        }
        (self.merges, self.ends) = (merges, ends)
        firstPartial = trees[..<communicators.node.rank].reduce(0) { $0 + $1.subtrees }
        subtrees = trees[communicators.node.rank].subtrees
        nodes = world.nodes.hosts.count
        isAlone = world.size == 1
        traffic = ReductionTraffic(shards, nodes: world.nodes)
        // Leaders first: they wait for each other, which one without memory would not do.
        if nodes > 1, let leaders = try communicators.leaders?.duplicate() {
            network = ReproducibleReduction(
                communicator: leaders, tree: nodeTree, largestByteCount: pieceByteCount, messages: messages)
        } else {
            network = nil
        }
        node = try NodeMemory(communicators.node, partials: merges.count, pieceByteCount: pieceByteCount)
    }

    package func operation(
        for bucket: ReductionBucket, in arena: ReductionArena, named name: String
    ) -> CollectiveOperation {
        precondition(arena.subtrees == subtrees, "one partial per subtree of the shard")
        return NodeBucket(self, bucket, arena, name)
    }

    /// Counts what a piece of `count` elements moves between the ranks of the node.
    fileprivate func countPiece(_ count: Int, _ element: ReductionElement) {
        let own = node.slice(node.rank, of: count).count
        laid.bytes += (subtrees * (count - own) + own * (node.size - 1)) * element.stride
    }
}

/// The reduction of one bucket.
private final class NodeBucket: CollectiveOperation {
    private enum Act {
        /// Lays the rank's partials into the shared memory, once the piece before last is no longer needed there.
        case lay
        /// Once all ranks have, adds a slice of all partials of the node.
        case fold
        /// On a leader, once all ranks have: starts the reduction over nodes.
        case send
        case receive
        /// Once the sums are there, copies them out.
        case store
    }

    private let reduction: NodeReduction
    private let bucket: ReductionBucket
    private let arena: ReductionArena
    private let pieces: [Range<Int>]
    private let script: [(act: Act, piece: Int)]
    /// On a leader of several nodes, the reduction of every piece over nodes, for either slot.
    private let network: [[CollectiveOperation]]
    private var next = 0
    /// The number of this run's first piece.
    private var first: UInt32 = 0

    init(_ reduction: NodeReduction, _ bucket: ReductionBucket, _ arena: ReductionArena, _ name: String) {
        self.reduction = reduction
        self.bucket = bucket
        self.arena = arena
        let count = bucket.count
        let node = reduction.node
        let pieceCount = node.pieceCount(of: arena.element)
        pieces = stride(from: 0, to: count, by: pieceCount).map { $0..<min(count, $0 + pieceCount) }
        var script: [(act: Act, piece: Int)] = []
        for piece in 0..<pieces.count + 1 where !reduction.isAlone {
            if piece >= 2 { script.append((.store, piece - 2)) }
            if piece < pieces.count { script.append((.lay, piece)) }
            if piece >= 1 {
                script.append((.fold, piece - 1))
                if reduction.network != nil { script += [(.send, piece - 1), (.receive, piece - 1)] }
            }
        }
        if let last = pieces.indices.last, !reduction.isAlone { script.append((.store, last)) }
        self.script = script
        let heads = reduction.ends.indices.filter { $0 == 0 || reduction.ends[$0 - 1] != 0 }
        network = pieces.map { piece in
            guard let network = reduction.network else { return [] }
            return (0..<NodeMemory.slots).map { slot in
                network.operation(
                    for: ReductionBucket(ranges: [0..<piece.count]),
                    in: ReductionArena(partials: heads.map { node.partial($0, slot: slot) }, of: arena.element),
                    named: name)
            }
        }
        super.init(name: name)
    }

    override func begin() {
        next = 0
        first = reduction.pieces
        reduction.pieces &+= UInt32(pieces.count)
    }

    /// One act at a time, so that what the computation waits for gets its turn in between.
    override func move() throws(CollectiveError) -> Move {
        guard next < script.count else { return .complete }
        let (act, piece) = script[next]
        let move = try perform(act, pieces[piece], number: first &+ UInt32(piece), piece)
        guard case .complete = move else { return move }
        next += 1
        return next < script.count ? .some : .complete
    }

    /// Complete once the act is done.
    private func perform(
        _ act: Act, _ piece: Range<Int>, number: UInt32, _ index: Int
    ) throws(CollectiveError) -> Move {
        let node = reduction.node
        let slot = Int(number % UInt32(NodeMemory.slots))
        let count = piece.count
        switch act {
        case .lay:
            guard node.haveAll(.stored, through: number &- UInt32(NodeMemory.slots)) else { return .none }
            for subtree in 0..<arena.subtrees {
                arena.read(subtree, bucket, piece, to: node.partial(reduction.firstPartial + subtree, slot: slot))
            }
            node.mark(.laid, number)
        case .fold:
            guard node.haveAll(.laid, through: number) else { return .none }
            let slice = node.slice(node.rank, of: count)
            node.fold(arena.element, slot: slot, slice, merges: reduction.merges, ends: reduction.ends)
            node.mark(.folded, number)
            reduction.countPiece(count, arena.element)
        case .send:
            guard node.haveAll(.folded, through: number) else { return .none }
            try network[index][slot].start()
        case .receive:
            let move = try network[index][slot].advance()
            guard case .complete = move else { return move }
            node.mark(.received, number)
        case .store:
            let isThere =
                reduction.nodes == 1
                ? node.haveAll(.folded, through: number) : node.hasLeader(.received, through: number)
            guard isThere else { return .none }
            arena.write(node.partial(0, slot: slot), to: bucket, piece)
            node.mark(.stored, number)
        }
        return .complete
    }
}
