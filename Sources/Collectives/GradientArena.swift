/// The gradients of one graph on one rank: for every maximal subtree of the rank's shard a partial, all laid out alike.
/// Reduced gradients replace the first partial.
package struct GradientArena {
    /// Where every subtree's partial begins.
    let partials: [UnsafeMutablePointer<Float>]

    package var subtrees: Int { partials.count }

    /// Partials that follow each other.
    ///
    /// - Parameter stride: floats from one subtree's partial to the next.
    package init(base: UnsafeMutablePointer<Float>, stride: Int, subtrees: Int) {
        partials = (0..<subtrees).map { base + $0 * stride }
    }

    init(partials: [UnsafeMutablePointer<Float>]) {
        self.partials = partials
    }

    /// Copies what a stretch of a bucket holds of one subtree, the bucket's ranges laid end to end.
    func read(_ subtree: Int, _ bucket: GradientBucket, _ stretch: Range<Int>, to target: UnsafeMutablePointer<Float>) {
        let partial = partials[subtree]
        Self.walk(bucket, stretch) { arena, place, count in
            (target + place).update(from: partial + arena, count: count)
        }
    }

    /// Stores reduced gradients.
    func write(_ source: UnsafePointer<Float>, to bucket: GradientBucket, _ stretch: Range<Int>) {
        Self.walk(bucket, stretch) { arena, place, count in
            (partials[0] + arena).update(from: source + place, count: count)
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
