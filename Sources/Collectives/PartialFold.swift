/// Folds partial sums along the tree, elementwise: element i of the result is formed in float32 from element i of the
/// partials by the tree's additions alone, left plus right.
enum PartialFold {
    /// Floats that are folded at a time, so that all partials of a block stay in the first-level cache.
    private static let block = 2048
    /// At most ⌈log₂ samples⌉ + 1 partials are open at a time.
    private static let openPartials = 64

    /// - Parameters:
    ///   - partials: where each begins; they are overwritten, and the first of each group holds its sum afterwards.
    ///   - merges: after partial i, how often the two topmost are added.
    ///   - ends: whether partial i completes a group; one group where it is nil.
    static func fold(_ partials: [UnsafeMutablePointer<Float>], count: Int, merges: [UInt8], ends: [UInt8]? = nil) {
        precondition(merges.count == partials.count, "one number of merges per partial")
        withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<Float>.self, capacity: openPartials) { open in
            var start = 0
            while start < count {
                let size = min(block, count - start)
                var top = 0
                for index in partials.indices {
                    open[top] = partials[index] + start
                    top += 1
                    for _ in 0..<merges[index] {
                        add(open[top - 1], to: open[top - 2], count: size)
                        top -= 1
                    }
                    if let ends, ends[index] != 0 { top = 0 }
                }
                start += size
            }
        }
    }

    private static func add(
        _ right: UnsafeMutablePointer<Float>, to left: UnsafeMutablePointer<Float>, count: Int
    ) {
        for index in 0..<count { left[index] += right[index] }
    }
}
