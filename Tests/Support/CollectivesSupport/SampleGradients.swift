import ConvolutionEngine
import TensorCore

/// Gradients of single samples, folded along the tree as the kernels fold them.
package struct SampleGradients {
    package let samples: Int
    package let count: Int

    package init(samples: Int, count: Int) {
        self.samples = samples
        self.count = count
    }

    /// The partials of the maximal subtrees of a shard, each `stride` floats from the last.
    package func partials(of shard: Range<Int>, _ tree: ReductionTree, stride: Int) -> [Float] {
        var partials = [Float](repeating: .nan, count: tree.subtrees * stride)
        var open: [[Float]] = []
        var (height, subtree) = (0, 0)
        ReductionTree.fold(
            0..<shard.count, merges: tree.merges, ends: tree.ends, open: &height,
            push: { index, _ in open.append(gradient(shard.lowerBound + index)) },
            add: { left in
                let right = open.removeLast()
                open[left] = zip(open[left], right).map(+)
            },
            finish: {
                partials.replaceSubrange(subtree * stride..<subtree * stride + count, with: open.removeLast())
                subtree += 1
            })
        return partials
    }

    /// What one process computes.
    package func sum() -> [Float] {
        partials(of: 0..<samples, ReductionTree(samples: samples), stride: count)
    }

    /// Sizes differ by many orders of magnitude, so that the order of additions shows.
    private func gradient(_ sample: Int) -> [Float] {
        let stream = RandomStream("gradient").substream(UInt64(sample))
        return (0..<count).map { index in
            let scale = Float(1 << Int(stream.bits(UInt64(2 * index)) % 20))
            return stream.signed(UInt64(2 * index + 1)) * scale
        }
    }
}

/// The same bits, of which a NaN has some too.
package func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }
package func bits(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }
