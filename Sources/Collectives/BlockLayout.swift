/// Blocks of bytes of several ranks, one after the other in the order of ranks, as operations are told it.
///
/// The numbers lie in memory that never moves, because an operation under way still reads them.
package final class BlockLayout {
    package let blocks: Int
    /// Bytes of every block.
    package let counts: UnsafeMutablePointer<Int32>
    /// Bytes from the start to every block.
    package let offsets: UnsafeMutablePointer<Int32>

    /// - Parameter counts: bytes of every rank's block; all together less than 2 GB.
    package init(_ counts: [Int]) {
        blocks = counts.count
        self.counts = .allocate(capacity: counts.count)
        offsets = .allocate(capacity: counts.count)
        var offset = 0
        for (index, count) in counts.enumerated() {
            self.counts[index] = Int32(count)
            offsets[index] = Int32(offset)
            offset += count
        }
    }

    deinit {
        counts.deallocate()
        offsets.deallocate()
    }

    /// Bytes of all blocks.
    package var total: Int { Int(offsets[blocks - 1]) + Int(counts[blocks - 1]) }

    /// Changes the sizes; no operation may be using them. `count` is asked for every block in order.
    package func resize(_ count: (Int) -> Int) {
        var offset = 0
        for index in 0..<blocks {
            let size = count(index)
            counts[index] = Int32(size)
            offsets[index] = Int32(offset)
            offset += size
        }
    }
}
