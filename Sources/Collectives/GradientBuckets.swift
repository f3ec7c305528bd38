/// Stretches of an arena of gradients that are reduced together.
package struct GradientBucket: Sendable, Equatable {
    /// In floats from the arena's start, ascending; neighbours are joined.
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
    package let buckets: [GradientBucket]

    /// - Parameters:
    ///   - segments: the gradients' places in the arena, in floats, in the order of their completion. What every rank
    ///     already has in full (scales and shifts of batch normalization) is left out.
    ///   - bucketByteCount: a bucket is closed when it holds at least so many bytes.
    package init(segments: [Range<Int>], bucketByteCount: Int) {
        var buckets: [GradientBucket] = []
        var open: [Range<Int>] = []
        var bytes = 0
        for (index, segment) in segments.enumerated() where !segment.isEmpty {
            open.append(segment)
            bytes += segment.count * MemoryLayout<Float>.stride
            if bytes >= bucketByteCount {
                buckets.append(GradientBucket(ranges: Self.join(open), lastSegment: index))
                open = []
                bytes = 0
            }
        }
        if !open.isEmpty { buckets.append(GradientBucket(ranges: Self.join(open), lastSegment: segments.count - 1)) }
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
