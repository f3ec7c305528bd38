import ConvolutionEngine

/// Sums over the samples of a batch that several ranks hold: gradients, batch-norm statistics and losses. Makes one
/// operation per bucket, which run one after the other.
package protocol SampleReduction: AnyObject {
    /// The operation that replaces a bucket's partial sums by their sums over all ranks.
    ///
    /// - Parameter name: as traces and complaints call it.
    func operation(for bucket: ReductionBucket, in arena: ReductionArena, named name: String) -> CollectiveOperation

    /// What this rank has handed to others so far.
    var sent: SentData { get }

    /// What that comes to for every byte of the sums.
    var traffic: ReductionTraffic { get }
}

extension SampleReduction {
    /// The reduction of a bucket of gradients.
    package func operation(for bucket: ReductionBucket, in arena: ReductionArena) -> CollectiveOperation {
        operation(for: bucket, in: arena, named: "reduction of \(bucket.count) gradients")
    }
}

/// What a rank hands to others.
package struct SentData: Sendable, Equatable {
    /// Through the network, or through memory.
    package var bytes = 0
    /// Through the network.
    package var messages = 0

    package init() {}

    package static func + (left: SentData, right: SentData) -> SentData {
        var sum = left
        sum.bytes += right.bytes
        sum.messages += right.messages
        return sum
    }

    package static func - (left: SentData, right: SentData) -> SentData {
        var difference = left
        difference.bytes -= right.bytes
        difference.messages -= right.messages
        return difference
    }
}

/// What a reduction sends, relative to a reduction of as many bytes that no rank holds twice.
package struct ReductionTraffic: Sendable, Equatable {
    /// Bytes that all ranks together send, per byte of gradients and rank: 2 (R − 1) / R where every shard is one
    /// subtree, and more where some hold several.
    package let factor: Double
    /// 2 (R − 1) / R.
    package let leastFactor: Double

    /// A reduction that sends no more than it has to.
    package init(ranks: Int) {
        leastFactor = 2 * Double(ranks - 1) / Double(ranks)
        factor = leastFactor
    }

    /// The reproducible reduction in one level.
    package init(_ tree: ReductionTree) {
        let ranks = tree.subtreesOfShards.count
        leastFactor = ReductionTraffic(ranks: ranks).leastFactor
        factor = Self.total(ranks: ranks, partials: tree.subtreeMerges.count) / Double(ranks)
    }

    /// The reproducible reduction in two levels: the ranks of every node among themselves, and then one of each node.
    package init(_ shards: Shards, nodes: NodeLayout) {
        let ranks = shards.ranges.count
        let partials = ReductionTree(shard: 0, of: shards.ranges).subtreesOfShards
        let samplesOfNodes = nodes.ranks.map {
            shards.ranges[$0.lowerBound].lowerBound..<shards.ranges[$0.upperBound - 1].upperBound
        }
        let nodePartials = ReductionTree(shard: 0, of: samplesOfNodes).subtreeMerges.count
        let within = nodes.ranks.reduce(0.0) {
            $0 + Self.total(ranks: $1.count, partials: partials[$1].reduce(0, +))
        }
        leastFactor = ReductionTraffic(ranks: ranks).leastFactor
        factor = (within + Self.total(ranks: nodes.ranks.count, partials: nodePartials)) / Double(ranks)
    }

    /// Each rank sends all but its own chunk of each of its partials, and its chunk of the result to all others.
    private static func total(ranks: Int, partials: Int) -> Double {
        Double((partials + ranks) * (ranks - 1)) / Double(ranks)
    }
}

/// Partial sums of one rank: for every maximal subtree of the rank's shard one set of elements, all laid out alike. What
/// is reduced replaces the first set.
package struct ReductionArena {
    package let element: ReductionElement
    /// Where every subtree's partial begins.
    let partials: [UnsafeMutableRawPointer]

    package var subtrees: Int { partials.count }

    /// The gradients of one graph, partials that follow each other.
    ///
    /// - Parameter stride: floats from one subtree's partial to the next.
    package init(base: UnsafeMutablePointer<Float>, stride: Int, subtrees: Int) {
        self.init(base, of: .float32, stride: stride, subtrees: subtrees)
    }

    /// Partials that follow each other.
    ///
    /// - Parameter stride: elements from one subtree's partial to the next.
    package init(_ base: UnsafeMutableRawPointer, of element: ReductionElement, stride: Int, subtrees: Int) {
        self.element = element
        partials = (0..<subtrees).map { base + $0 * stride * element.stride }
    }

    init(partials: [UnsafeMutableRawPointer], of element: ReductionElement) {
        (self.element, self.partials) = (element, partials)
    }

    /// Copies what a stretch of a bucket holds of one subtree, the bucket's ranges laid end to end.
    func read(_ subtree: Int, _ bucket: ReductionBucket, _ stretch: Range<Int>, to target: UnsafeMutableRawPointer) {
        let (partial, stride) = (partials[subtree], element.stride)
        Self.walk(bucket, stretch) { arena, place, count in
            (target + place * stride).copyMemory(from: partial + arena * stride, byteCount: count * stride)
        }
    }

    /// Stores what is reduced.
    func write(_ source: UnsafeRawPointer, to bucket: ReductionBucket, _ stretch: Range<Int>) {
        let (partial, stride) = (partials[0], element.stride)
        Self.walk(bucket, stretch) { arena, place, count in
            (partial + arena * stride).copyMemory(from: source + place * stride, byteCount: count * stride)
        }
    }

    private static func walk(
        _ bucket: ReductionBucket, _ stretch: Range<Int>, _ body: (_ arena: Int, _ place: Int, _ count: Int) -> Void
    ) {
        var start = 0
        for range in bucket.ranges {
            let overlap = stretch.clamped(to: start..<start + range.count)
            if !overlap.isEmpty {
                body(
                    range.lowerBound + overlap.lowerBound - start, overlap.lowerBound - stretch.lowerBound,
                    overlap.count)
            }
            start += range.count
        }
    }
}

/// Stretches of an arena that are reduced together.
package struct ReductionBucket: Sendable, Equatable {
    /// In elements from the arena's start, ascending; neighbours are joined.
    package fileprivate(set) var ranges: [Range<Int>]
    /// The last of the segments in the bucket: once its gradient is there, the bucket may leave.
    package fileprivate(set) var lastSegment: Int

    package var count: Int { ranges.reduce(0) { $0 + $1.count } }

    package init(ranges: [Range<Int>], lastSegment: Int = 0) {
        self.ranges = ranges
        self.lastSegment = lastSegment
    }
}

/// The division of an arena into buckets in the order in which the backward pass completes its gradients.
package struct GradientBuckets: Sendable, Equatable {
    package let buckets: [ReductionBucket]

    /// - Parameters:
    ///   - segments: the gradients' places in the arena, in floats, in the order of their completion. What every rank
    ///     already has in full (scales and shifts of batch normalization) is left out.
    ///   - bucketByteCount: a bucket is closed when it holds at least so many bytes.
    package init(segments: [Range<Int>], bucketByteCount: Int) {
        var buckets: [ReductionBucket] = []
        var open: [Range<Int>] = []
        var bytes = 0
        for (index, segment) in segments.enumerated() where !segment.isEmpty {
            open.append(segment)
            bytes += segment.count * MemoryLayout<Float>.stride
            if bytes >= bucketByteCount {
                buckets.append(ReductionBucket(ranges: Self.join(open), lastSegment: index))
                open = []
                bytes = 0
            }
        }
        if !open.isEmpty { buckets.append(ReductionBucket(ranges: Self.join(open), lastSegment: segments.count - 1)) }
        self.buckets = buckets
    }

    private static func join(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var joined: [Range<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, last.upperBound == range.lowerBound {
                joined[joined.count - 1] = last.lowerBound..<range.upperBound
            } else {
                joined.append(range)
            }
        }
        return joined
    }
}
