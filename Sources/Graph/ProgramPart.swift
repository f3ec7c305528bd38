import CThreadPool
import ConvolutionEngine
import TensorCore

/// Steps that are run in order, with the places between them at which ranks have something to say to each other.
struct ProgramPart {
    /// What there is to do after some step.
    enum Pause {
        /// Sums over samples are complete for this rank's subtrees; those of all ranks are needed to go on.
        case exchange(SumExchange)
        /// The gradients of these floats of the arena are complete for this rank's subtrees.
        case gradientsReady(Range<Int>)

        var sums: SumExchange? {
            if case .exchange(let sums) = self { return sums }
            return nil
        }

        var gradients: Range<Int>? {
            if case .gradientsReady(let range) = self { return range }
            return nil
        }
    }

    let steps: UnsafeMutablePointer<mdl_step>
    let count: Int
    let pauses: [(step: Int, pause: Pause)]
    /// The durations of the last run's steps, where they are measured.
    var nanoseconds: UnsafeMutablePointer<Int64>?

    init(_ steps: [mdl_step], pauses: [(step: Int, pause: Pause)], in arguments: ArgumentStore) {
        self.steps = arguments.keep(steps)
        count = steps.count
        self.pauses = pauses
    }

    /// Runs the steps, and `atPause` where there is something to do.
    func run<Failure: Error>(on pool: ThreadPool, atPause: (Pause) throws(Failure) -> Void) throws(Failure) {
        var done = 0
        for index in pauses.indices {
            run(done..<pauses[index].step, on: pool)
            done = pauses[index].step
            try atPause(pauses[index].pause)
        }
        run(done..<count, on: pool)
    }

    private func run(_ range: Range<Int>, on pool: ThreadPool) {
        guard !range.isEmpty else { return }
        pool.run(
            steps + range.lowerBound, count: range.count, nanoseconds: nanoseconds.map { $0 + range.lowerBound })
    }
}

/// Batch-norm sums that ranks exchange: `count` doubles for each maximal subtree of every shard, in the order of the
/// samples. This rank's stand in their place; those of the others are to be put in theirs.
package struct SumExchange {
    package let partials: UnsafeMutablePointer<Double>
    /// Doubles for each subtree.
    package let count: Int
}
