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
    /// When the last run's steps between two pauses began, at the place of the first of them, where steps are measured.
    var began: UnsafeMutablePointer<Int64>?

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

    /// Tells every step's tag, and when it began and how long it took in the last run, both in nanoseconds.
    func forEachMeasuredStep(_ body: (_ tag: Int32, _ began: Int64, _ nanoseconds: Int64) -> Void) {
        guard let nanoseconds, let began else { return }
        var place = 0
        for end in pauses.map(\.step) + [count] where end > place {
            // Between pauses steps follow each other at once.
            var time = began[place]
            for index in place..<end {
                body(steps[index].tag, time, nanoseconds[index])
                time += nanoseconds[index]
            }
            place = end
        }
    }

    private func run(_ range: Range<Int>, on pool: ThreadPool) {
        guard !range.isEmpty else { return }
        if let began { began[range.lowerBound] = MonotonicClock.nanoseconds }
        pool.run(
            steps + range.lowerBound, count: range.count, nanoseconds: nanoseconds.map { $0 + range.lowerBound })
    }
}

/// Batch-norm sums that ranks exchange: `count` elements for each maximal subtree of this rank's shard, in the order of the
/// samples. The first ones are to be replaced by those of the whole batch.
package struct SumExchange {
    package let partials: UnsafeMutablePointer<Double>
    package let element: ReductionElement
    package let count: Int
}
