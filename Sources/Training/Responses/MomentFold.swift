import ConvolutionEngine

/// Sums of blocks, elementwise in double, along the tree over all blocks: as many partials are kept as the tree needs,
/// and one for each maximal subtree of this rank's blocks is left. A partial of a ResNet-18 of width 64 has 11 MB, of a
/// ResNet-50 180 MB, and of 2ⁿ blocks there are at most n + 1.
struct MomentFold {
    private let tree: ReductionTree
    private var open: [[Double]] = []
    private var done = 0
    /// In the order of blocks.
    private(set) var subtrees: [[Double]] = []

    /// - Parameter tree: the blocks' tree with this rank's shard of them.
    init(_ tree: ReductionTree) {
        self.tree = tree
    }

    /// Adds the next block of this rank.
    mutating func add(_ block: UnsafeMutableBufferPointer<Double>) {
        var count = open.count
        ReductionTree.fold(
            done..<done + 1, merges: tree.merges, ends: tree.ends, open: &count,
            push: { _, _ in open.append(Array(block)) },
            add: { left in
                let right = open.removeLast()
                open[left].withUnsafeMutableBufferPointer { left in
                    right.withUnsafeBufferPointer { right in
                        for index in left.indices { left[index] += right[index] }
                    }
                }
            }, finish: { subtrees.append(open.removeLast()) })
        done += 1
    }

    /// Brings the subtrees of all ranks together, a piece of all values at a time, so that little memory is needed.
    ///
    /// - Returns: the sum over all blocks on the first rank; nil on others.
    func total(count: Int, team: RankTeam) throws -> [Double]? {
        var total: [Double] = []
        for start in stride(from: 0, to: count, by: Self.piece) {
            let range = start..<min(start + Self.piece, count)
            let all = try team.gather(subtrees.flatMap { $0[range] })
            guard team.isFirst else { continue }
            let partials = Array(all.joined())
            partials.withUnsafeBufferPointer { partials in
                for place in range.indices {
                    total.append(tree.combine(partials.baseAddress! + (place - start), stride: range.count))
                }
            }
        }
        return team.isFirst ? total : nil
    }

    private static let piece = 1 << 16
}
