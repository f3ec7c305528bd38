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
        open.append(Array(block))
        for _ in 0..<tree.merges[done] {
            let right = open.removeLast()
            let last = open.count - 1
            open[last].withUnsafeMutableBufferPointer { left in
                right.withUnsafeBufferPointer { right in
                    for index in left.indices { left[index] += right[index] }
                }
            }
        }
        if tree.ends[done] != 0 { subtrees.append(open.removeLast()) }
        done += 1
    }

    /// Brings the subtrees of all ranks together, a piece of all values at a time, so that little memory is needed.
    ///
    /// - Returns: the sum over all blocks on the first rank; nil on others.
    func total(count: Int, team: RankTeam) throws -> [Double]? {
        var total: [Double] = []
        for start in stride(from: 0, to: count, by: Self.piece) {
            let range = start..<min(start + Self.piece, count)
            let own = subtrees.flatMap { $0[range] }.withUnsafeBytes { Array($0) }
            let all = try team.gather(own)
            guard team.isFirst else { continue }
            let partials = all.flatMap { bytes in
                bytes.withUnsafeBytes { raw in
                    stride(from: 0, to: raw.count, by: MemoryLayout<Double>.stride).map {
                        raw.loadUnaligned(fromByteOffset: $0, as: Double.self)
                    }
                }
            }
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
