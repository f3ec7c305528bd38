import CConvolution
import CThreadPool
import TensorCore

/// The most arithmetic that a pool's threads do together, as measured: fused multiply-adds on registers alone.
///
/// What a step reaches is told as a share of this, since clock rates under wide vectors are not written down anywhere.
package struct MeasuredPeak: Sendable, Equatable {
    package let threads: Int
    /// 10⁹ floating-point operations per second, a fused multiply-add being two.
    package let gflopPerSecond: Double

    /// Measures for about `seconds`, and reports the median of nine rounds.
    package init(kernels: Kernels, pool: ThreadPool, seconds: Double = 0.2) {
        threads = pool.threads
        let measurements = 9
        // Many short pieces: a thread that loses its core for a while leaves its pieces to the others.
        let pieces = 16 * pool.threads
        let wanted = seconds * 1e9 / Double(measurements)
        var rounds: Int64 = 1024
        var nanoseconds = MeasuredPeak.run(kernels, pool, rounds: rounds, pieces: pieces)
        // Doubling up to the wanted time also wakes the threads and their clocks.
        while Double(nanoseconds) < wanted / 2 {
            rounds *= 2
            nanoseconds = MeasuredPeak.run(kernels, pool, rounds: rounds, pieces: pieces)
        }
        let flop = Double(kernels.convolution.flop_per_round) * Double(rounds) * Double(pieces)
        let rates = (0..<measurements).map { _ in
            flop / Double(max(1, MeasuredPeak.run(kernels, pool, rounds: rounds, pieces: pieces)))
        }
        gflopPerSecond = rates.median
    }

    /// Nanoseconds for `pieces` pieces of `rounds` rounds each.
    private static func run(_ kernels: Kernels, _ pool: ThreadPool, rounds: Int64, pieces: Int) -> Int64 {
        withUnsafePointer(to: rounds) { rounds in
            var step = mdl_step(
                kernel: kernels.convolution.peak, arguments: rounds, items: Int32(pieces), tag: 0)
            var nanoseconds: Int64 = 0
            pool.run(&step, count: 1, nanoseconds: &nanoseconds)
            return nanoseconds
        }
    }
}
