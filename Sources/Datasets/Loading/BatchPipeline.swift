import Foundation
import TensorCore

/// The batches in the making: which sample is to be read next, which are being read, which batches are whole.
///
/// Workers claim one sample at a time, in order, so all of them help the batch that is needed first. Which worker
/// reads a sample changes nothing: its pixels are a function of its draw, and its place in the batch is fixed.
final class BatchPipeline: @unchecked Sendable {
    /// A sample that somebody is to read into its place.
    struct Job {
        fileprivate let batch: BatchInTheMaking
        let place: Int
        var draw: SampleDraw { batch.draws[place] }
        var storage: BatchStorage { batch.storage }
    }

    private let plan: BatchPlan
    private let pool: BatchPool
    private let readAhead: Int
    /// Guards everything below; broadcast when there is a new job, a whole batch, or the end.
    private let condition = NSCondition()
    private var nextStep: Int
    /// The batches that were begun and not yet taken, in order; the last one may have unclaimed places.
    private var batches: [BatchInTheMaking] = []
    private var planHasEnded = false
    private var isStopped = false
    /// Set when a batch failed: the loader then stands still and says so every time.
    private var failure: (any Error)?

    /// - Parameter readAhead: how many batches may be begun and not taken.
    init(plan: BatchPlan, pool: BatchPool, firstStep: Int, readAhead: Int) {
        self.plan = plan
        self.pool = pool
        self.readAhead = readAhead
        nextStep = firstStep
    }

    /// The next sample to read; waits for one. Nil when the loader was stopped.
    func claimWhenPossible() -> Job? {
        condition.lock()
        defer { condition.unlock() }
        while !isStopped {
            if let job = claim() {
                return job
            }
            condition.wait()
        }
        return nil
    }

    /// The next sample to read, if one may be read now.
    func claimIfPossible() -> Job? {
        condition.lock()
        defer { condition.unlock() }
        return claim()
    }

    func finish(_ job: Job, with result: Result<BatchSample, any Error>) {
        condition.lock()
        defer { condition.unlock() }
        job.batch.results[job.place] = result
        job.batch.unfinished -= 1
        if job.batch.unfinished == 0 {
            job.batch.ended = MonotonicClock.nanoseconds
            condition.broadcast()
        }
    }

    /// The next batch, once it is whole; nil after the plan's last one.
    func take() throws -> Batch? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            precondition(!isStopped, "a stopped loader has no batches")
            if let failure {
                throw failure
            }
            if let batch = batches.first, batch.unfinished == 0 {
                batches.removeFirst()
                condition.broadcast()
                do {
                    // The failure of the first place is the one that is told, whichever happened first.
                    let samples = try batch.results.map { try $0!.get() }
                    return Batch(
                        step: batch.step, samples: samples, reading: (batch.began, batch.ended),
                        storage: batch.storage, pool: pool)
                } catch {
                    failure = error
                    throw error
                }
            }
            if batches.isEmpty && planHasEnded {
                return nil
            }
            condition.wait()
        }
    }

    func stop() {
        condition.lock()
        defer { condition.unlock() }
        isStopped = true
        condition.broadcast()
    }

    /// To be called with the lock held.
    private func claim() -> Job? {
        guard failure == nil else { return nil }
        if batches.last.map({ $0.claimed == $0.draws.count }) ?? true {
            guard beginBatch() else { return nil }
        }
        let batch = batches[batches.count - 1]
        defer { batch.claimed += 1 }
        return Job(batch: batch, place: batch.claimed)
    }

    /// To be called with the lock held.
    private func beginBatch() -> Bool {
        guard !planHasEnded && batches.count < readAhead else { return false }
        guard let draws = plan.draws(ofStep: nextStep) else {
            planHasEnded = true
            condition.broadcast()
            return false
        }
        batches.append(BatchInTheMaking(step: nextStep, draws: draws, storage: pool.lend()))
        nextStep += 1
        // One worker began the batch; the others may help with it.
        condition.broadcast()
        return true
    }
}

/// A batch that is being read. All but `storage`'s contents is guarded by the pipeline's lock.
private final class BatchInTheMaking {
    let step: Int
    let draws: [SampleDraw]
    let storage: BatchStorage
    var claimed = 0
    /// By the system's monotonic clock, in nanoseconds.
    let began = MonotonicClock.nanoseconds
    var ended: Int64 = 0
    var unfinished: Int
    var results: [Result<BatchSample, any Error>?]

    init(step: Int, draws: [SampleDraw], storage: BatchStorage) {
        self.step = step
        self.draws = draws
        self.storage = storage
        unfinished = draws.count
        results = Array(repeating: nil, count: draws.count)
    }
}
