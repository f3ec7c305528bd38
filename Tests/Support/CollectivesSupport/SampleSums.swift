import Collectives
import ConvolutionEngine
import TensorCore

/// Sums of single samples as batch normalization has them, folded along the tree as the kernels fold them.
package struct SampleSums {
    package let element: ReductionElement
    package let samples: Int
    /// Elements.
    package let count: Int

    package init(_ element: ReductionElement, samples: Int, count: Int) {
        (self.element, self.samples, self.count) = (element, samples, count)
    }

    private var doubles: Int { count * element.stride / MemoryLayout<Double>.stride }

    /// The partials of the maximal subtrees of a shard, one after the other.
    package func partials(of shard: Range<Int>, _ tree: ReductionTree) -> [Double] {
        var partials: [Double] = []
        var open: [[Double]] = []
        var height = 0
        ReductionTree.fold(
            0..<shard.count, merges: tree.merges, ends: tree.ends, open: &height,
            push: { index, _ in open.append(values(shard.lowerBound + index)) },
            add: { left in
                let right = open.removeLast()
                element.combine(right, into: &open[left], count: count)
            },
            finish: { partials += open.removeLast() })
        return partials
    }

    /// What one process computes.
    package func sum() -> [Double] { partials(of: 0..<samples, ReductionTree(samples: samples)) }

    /// Sizes differ by many orders of magnitude, so that the order of additions shows; of moments the counts do not.
    private func values(_ sample: Int) -> [Double] {
        let stream = RandomStream("sums").substream(UInt64(sample))
        return (0..<doubles).map { index in
            if element == .moments, index % 3 == 0 { return 1000 }
            let scale = Double(1 << Int(stream.bits(UInt64(2 * index)) % 40))
            let value = Double(stream.signed(UInt64(2 * index + 1))) * scale
            return element == .moments && index % 3 == 2 ? value.magnitude : value
        }
    }
}

/// Runs operations of one or several ranks on the calling thread to their end, in turns.
package func complete(_ operations: [CollectiveOperation]) throws {
    for operation in operations { try operation.start() }
    var open = operations
    while !open.isEmpty {
        open = try open.filter { operation in
            if case .complete = try operation.advance() { return false }
            return true
        }
    }
}
