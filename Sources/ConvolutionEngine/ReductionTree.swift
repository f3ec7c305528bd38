import CConvolution

/// The fixed binary tree over the samples of the global batch along which every sum over samples is formed, as one
/// rank sees it.
///
/// [a, b) splits at a + the largest power of two below b − a. A rank that holds the samples of its shard folds them
/// into one partial per maximal subtree that lies within the shard; the partials of all ranks, in sample order, are
/// then folded along the rest of the tree. The result is the same for every division into shards.
package struct ReductionTree: Sendable, Equatable {
    /// Samples of the global batch.
    package let batch: Int
    /// After sample i of the shard is pushed, how often the two topmost partials are merged.
    package private(set) var merges: [UInt8] = []
    /// Whether sample i of the shard ends a maximal subtree.
    package private(set) var ends: [UInt8] = []
    /// After partial i of all shards' maximal subtrees is pushed, how often the two topmost are merged.
    package private(set) var subtreeMerges: [UInt8] = []
    /// Maximal subtrees of every shard, in order.
    package private(set) var subtreesOfShards: [Int]
    private let shard: Int
    /// The samples of the shard.
    private let samples: Range<Int>

    /// Maximal subtrees of the shard.
    package var subtrees: Int { ends.reduce(0) { $0 + Int($1) } }

    /// Whether other ranks hold samples of the batch.
    package var isShared: Bool { subtreesOfShards.count > 1 }

    /// How many partials live at most while the shard is folded: at most ⌈log₂ samples⌉ + 1.
    package var levels: Int { Self.levels(merges, ends) }

    private static func levels(_ merges: [UInt8], _ ends: [UInt8]) -> Int {
        var (open, most) = (0, 0)
        fold(
            merges.indices, merges: merges, ends: ends, open: &open, push: { most = max(most, $1 + 1) },
            add: { _ in })
        return most
    }

    /// - Parameters:
    ///   - shard: this rank's place in `shards`.
    ///   - shards: the samples of every rank, contiguous, in order, none empty.
    package init(shard: Int, of shards: [Range<Int>]) {
        precondition(!shards.isEmpty && shards[0].lowerBound == 0, "shards start at sample 0")
        precondition(zip(shards, shards.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        self.shard = shard
        samples = shards[shard]
        subtreesOfShards = [Int](repeating: 0, count: shards.count)
        batch = shards.last!.upperBound
        descend(0..<batch, shards: shards, owners: 0..<shards.count)
    }

    /// The tree of one rank that holds the whole batch.
    package init(samples: Int) {
        self.init(shard: 0, of: [0..<samples])
    }

    /// Walks the tree outside of shards; what lies within one is a maximal subtree. `owners` includes all shards that
    /// hold samples of the range.
    private mutating func descend(_ range: Range<Int>, shards: [Range<Int>], owners: Range<Int>) {
        let owner = owners.first { shards[$0].contains(range.lowerBound) }!
        if range.upperBound <= shards[owner].upperBound {
            subtreeMerges.append(0)
            subtreesOfShards[owner] += 1
            if owner == shard {
                fold(range)
                ends[ends.count - 1] = 1
            }
            return
        }
        let middle = Self.middle(of: range)
        descend(range.lowerBound..<middle, shards: shards, owners: owner..<owners.upperBound)
        let right = (owner..<owners.upperBound).first { shards[$0].contains(middle) }!
        descend(middle..<range.upperBound, shards: shards, owners: right..<owners.upperBound)
        subtreeMerges[subtreeMerges.count - 1] += 1
    }

    private mutating func fold(_ range: Range<Int>) {
        guard range.count > 1 else {
            merges.append(0)
            ends.append(0)
            return
        }
        let middle = Self.middle(of: range)
        fold(range.lowerBound..<middle)
        fold(middle..<range.upperBound)
        merges[merges.count - 1] += 1
    }

    private static func middle(of range: Range<Int>) -> Int {
        var half = 1
        while half * 2 < range.count { half *= 2 }
        return range.lowerBound + half
    }

    /// Does the additions of a fold in their order, on a stack of partial sums that the caller keeps: at most `depth` at a
    /// time, and for a shard at most `levels`. It allocates nothing.
    ///
    /// - Parameters:
    ///   - leaves: what is folded, from left to right. A fold may go on in another call with those that follow.
    ///   - merges: after a leaf is pushed, how often the two topmost partial sums become one.
    ///   - ends: whether a leaf ends a sum, after which the stack is empty; nil where only the last one does.
    ///   - open: how many partial sums there are; 0 before the first leaf.
    ///   - push: puts a leaf at a place of the stack.
    ///   - add: adds the partial sum at the place after `left` to the one at `left`.
    ///   - finish: told that the sum at place 0 is whole.
    package static func fold(
        _ leaves: Range<Int>, merges: [UInt8], ends: [UInt8]? = nil, open: inout Int,
        push: (_ leaf: Int, _ place: Int) -> Void, add: (_ left: Int) -> Void, finish: () -> Void = {}
    ) {
        for leaf in leaves {
            push(leaf, open)
            open += 1
            for _ in 0..<merges[leaf] {
                open -= 1
                add(open - 1)
            }
            if let ends, ends[leaf] != 0 {
                finish()
                open = 0
            }
        }
    }

    /// Partial sums of any fold that are open at a time at most: ⌈log₂ samples⌉ + 1 of what an `Int` counts.
    package static let depth = 64

    /// Folds a value of every sample of the shard into one of each of its maximal subtrees, left plus right.
    ///
    /// - Parameters:
    ///   - sums: room for one value of each subtree.
    ///   - value: a sample's, counted from the shard's first.
    package func fold(into sums: UnsafeMutablePointer<Double>, value: (_ sample: Int) -> Double) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: Self.depth) { stack in
            var (open, subtree) = (0, 0)
            Self.fold(
                merges.indices, merges: merges, ends: ends, open: &open, push: { stack[$1] = value($0) },
                add: { stack[$0] += stack[$0 + 1] },
                finish: {
                    sums[subtree] = stack[0]
                    subtree += 1
                })
        }
    }

    /// Folds the partials of all shards' maximal subtrees, in sample order, `stride` doubles apart.
    package func combine(_ partials: UnsafePointer<Double>, stride: Int = 1) -> Double {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: Self.depth) { stack in
            var open = 0
            Self.fold(
                subtreeMerges.indices, merges: subtreeMerges, open: &open, push: { stack[$1] = partials[$0 * stride] },
                add: { stack[$0] += stack[$0 + 1] })
            return stack[0]
        }
    }

    /// Whether the subtrees of all shards are the leaves of a complete binary tree: one for each of 2ⁿ shards.
    package var isComplete: Bool {
        subtreesOfShards.count.nonzeroBitCount == 1
            && subtreeMerges.indices.allSatisfy { Int(subtreeMerges[$0]) == ($0 + 1).trailingZeroBitCount }
            && subtreeMerges.count == subtreesOfShards.count
    }

    /// A shard whose parts are computed one after the other: each part leaves a partial sum of every subtree that lies
    /// within it, and these are folded on to the shard's subtrees. The sums are those of the undivided shard.
    package struct Division: Sendable {
        /// The tree of every part: `merges` and `ends` are those of its samples, and all that concerns the whole batch is as
        /// it was.
        package fileprivate(set) var parts: [ReductionTree] = []
        /// Over the partial sums of all parts, in their order, what `merges` and `ends` of a tree are over samples.
        package fileprivate(set) var merges: [UInt8] = []
        package fileprivate(set) var ends: [UInt8] = []
        fileprivate var firsts: [Int] = [0]

        /// The places of a part's partial sums among all.
        package func sums(ofPart part: Int) -> Range<Int> { firsts[part]..<firsts[part + 1] }

        /// How many partial sums are open at most.
        package var levels: Int { ReductionTree.levels(merges, ends) }
    }

    /// The shard in `count` parts of equally many samples.
    ///
    /// - Precondition: `count` divides the shard's samples.
    package func divided(into count: Int) -> Division {
        precondition(samples.count % count == 0, "parts have equally many samples")
        let size = samples.count / count
        var division = Division()
        for index in 0..<count {
            let first = samples.lowerBound + index * size
            let cuts = [0..<first, first..<first + size, first + size..<batch].filter { !$0.isEmpty }
            let own = ReductionTree(shard: cuts.firstIndex { $0.lowerBound == first }!, of: cuts)
            var part = self
            (part.merges, part.ends) = (own.merges, own.ends)
            for place in 0..<size where own.ends[place] != 0 {
                // What the shard folds behind the last sample of a part's subtree, and the part does not.
                division.merges.append(merges[index * size + place] - own.merges[place])
                division.ends.append(ends[index * size + place])
            }
            division.parts.append(part)
            division.firsts.append(division.merges.count)
        }
        return division
    }

    /// The shard's fold as kernels are told it.
    package func fold(in arguments: ArgumentStore) -> mdl_fold {
        mdl_fold(
            merges: arguments.keep(merges), ends: arguments.keep(ends), samples: Int32(merges.count),
            subtrees: Int32(subtrees), levels: Int32(levels))
    }
}
