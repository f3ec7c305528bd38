import Foundation
import TensorCore

/// One sample of a batch: which, and in which pass over the data.
package struct SampleDraw: Sendable, Hashable {
    package let epoch: Int
    package let index: Int

    package init(epoch: Int, index: Int) {
        self.epoch = epoch
        self.index = index
    }
}

/// The order of training: an endless concatenation of permutations, one for each epoch.
///
/// Batches cut it into equal pieces, so they cross epochs and none is partial. A batch is a function of (seed, count,
/// batch size, step); what is kept between calls (the newest epoch's permutation, 4 bytes a sample) only saves time.
package final class SampleOrder: @unchecked Sendable {
    package let count: Int
    package let batchSize: Int
    private let seed: RandomStream
    /// Guards `cached`.
    private let lock = NSLock()
    private var cached: (epoch: Int, permutation: [UInt32])?

    /// - Parameters:
    ///   - count: samples of the data set, at least one.
    ///   - batchSize: samples of the global batch, at least one; may exceed `count`.
    package init(count: Int, batchSize: Int, seed: UInt64) {
        precondition(count > 0 && count <= Int(UInt32.max), "an order needs at least one sample")
        precondition(batchSize > 0, "a batch holds at least one sample")
        self.count = count
        self.batchSize = batchSize
        self.seed = RandomStream("sample order").substream(seed)
    }

    /// The samples of step `step` (from 0), in the order of the batch.
    package func batch(_ step: Int) -> [SampleDraw] {
        draws(at: step * batchSize..<(step + 1) * batchSize)
    }

    /// The samples at places `places` of the endless order.
    package func draws(at places: Range<Int>) -> [SampleDraw] {
        precondition(places.lowerBound >= 0, "the order begins at 0")
        lock.lock()
        defer { lock.unlock() }
        return places.map { place in
            let (epoch, offset) = place.quotientAndRemainder(dividingBy: count)
            if cached?.epoch != epoch {
                cached = (epoch, permutation(of: epoch))
            }
            return SampleDraw(epoch: epoch, index: Int(cached!.permutation[offset]))
        }
    }

    /// Fisher and Yates' shuffle, from the last place to the first.
    private func permutation(of epoch: Int) -> [UInt32] {
        let random = seed.substream(UInt64(epoch))
        var indices = Array(0..<UInt32(count))
        for last in stride(from: count - 1, to: 0, by: -1) {
            indices.swapAt(last, random.integer(UInt64(last), below: last + 1))
        }
        return indices
    }
}
