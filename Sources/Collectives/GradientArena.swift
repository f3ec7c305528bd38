/// The gradients of one graph on one rank: for every maximal subtree of the rank's shard a partial, one after the other
/// and all laid out alike. Reduced gradients replace the first partial.
package struct GradientArena {
    package let base: UnsafeMutablePointer<Float>
    /// Floats from one subtree's partial to the next.
    package let stride: Int
    package let subtrees: Int

    package init(base: UnsafeMutablePointer<Float>, stride: Int, subtrees: Int) {
        self.base = base
        self.stride = stride
        self.subtrees = subtrees
    }

    /// Copies what a stretch of a bucket holds of one subtree, the bucket's ranges laid end to end.
    func read(_ subtree: Int, _ bucket: GradientBucket, _ stretch: Range<Int>, to target: UnsafeMutablePointer<Float>) {
        let partial = base + subtree * stride
        Self.walk(bucket, stretch) { arena, place, count in
            (target + place).update(from: partial + arena, count: count)
        }
    }

    /// Stores reduced gradients.
    func write(_ source: UnsafePointer<Float>, to bucket: GradientBucket, _ stretch: Range<Int>) {
        Self.walk(bucket, stretch) { arena, place, count in
            (base + arena).update(from: source + place, count: count)
        }
    }

    private static func walk(
        _ bucket: GradientBucket, _ stretch: Range<Int>, _ body: (_ arena: Int, _ place: Int, _ count: Int) -> Void
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
