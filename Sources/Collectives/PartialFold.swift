import ConvolutionEngine

/// Folds partial sums along the tree, elementwise: element i of the result is formed in float32 from element i of the
/// partials by the tree's additions alone, left plus right.
enum PartialFold {
    /// Floats that are folded at a time, so that all partials of a block stay in the first-level cache.
    private static let block = 2048

    /// - Parameters:
    ///   - partials: where each begins; they are overwritten, and the first of each group holds its sum afterwards.
    ///   - merges: after partial i, how often the two topmost are added.
    ///   - ends: whether partial i completes a group; one group where it is nil.
    static func fold(_ partials: [UnsafeMutablePointer<Float>], count: Int, merges: [UInt8], ends: [UInt8]? = nil) {
        precondition(merges.count == partials.count, "one number of merges per partial")
        withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<Float>.self, capacity: ReductionTree.depth) { stack in
            var start = 0
            while start < count {
                let size = min(block, count - start)
                var open = 0
                ReductionTree.fold(
                    partials.indices, merges: merges, ends: ends, open: &open,
                    push: { stack[$1] = partials[$0] + start },
                    add: { add(stack[$0 + 1], to: stack[$0], count: size) })
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
