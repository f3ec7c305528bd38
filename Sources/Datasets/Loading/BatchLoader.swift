/// Reads batches ahead of their use, on threads of its own.
///
/// The batch of a step is the same whatever the number of workers and wherever the loader was started. One thread at
/// a time may call ``next()``.
package final class BatchLoader {
    private let pipeline: BatchPipeline
    private var threads: [WorkerThread] = []
    /// Reads in the caller's thread when there are no workers.
    private var ownReader: SampleReader?

    /// Starts to read at once.
    /// - Parameters:
    ///   - tasks: whose labels the batches hold.
    ///   - workers: threads that read; with 0, ``next()`` reads.
    ///   - step: the first batch to give.
    ///   - readAhead: batches that may be read before they are asked for; their memory is taken once and kept.
    /// - Throws: ``WorkerThreadError``.
    package init(
        source: any SampleSource, tasks: [LearningTask], plan: BatchPlan, workers: Int, startingAt step: Int = 0,
        readAhead: Int = 2, normalization: ImageNormalization = .imageNet
    ) throws {
        precondition(workers >= 0 && step >= 0 && readAhead > 0, "a loader reads forward")
        precondition(tasks.allSatisfy(source.has), "the source has labels of these tasks")
        plan.validate(samplesInSource: source.count)
        let pool = BatchPool(
            capacity: plan.capacity, height: plan.frameHeight, width: plan.frameWidth, tasks: tasks)
        let pipeline = BatchPipeline(
            plan: plan, pool: pool, firstStep: step, readAhead: workers == 0 ? 1 : readAhead)
        self.pipeline = pipeline
        guard workers > 0 else {
            ownReader = SampleReader(source: source, plan: plan, tasks: tasks, normalization: normalization)
            return
        }
        do {
            for _ in 0..<workers {
                // The thread knows the pipeline and not the loader, which can so end while threads still run.
                threads.append(
                    try WorkerThread {
                        var reader = SampleReader(
                            source: source, plan: plan, tasks: tasks, normalization: normalization)
                        while let job = pipeline.claimWhenPossible() {
                            pipeline.finish(job, with: reader.read(job))
                        }
                    })
            }
        } catch {
            stop()
            throw error
        }
    }

    deinit {
        stop()
    }

    /// The next batch, waiting for it if need be; nil after the last one of an evaluation.
    /// - Throws: what went wrong with the batch's first bad sample, then and at every later call.
    package func next() throws -> Batch? {
        if ownReader != nil {
            while let job = pipeline.claimIfPossible() {
                pipeline.finish(job, with: ownReader!.read(job))
            }
        }
        return try pipeline.take()
    }

    /// Ends all threads and waits for them. There are no batches afterwards; those already given stay good.
    package func stop() {
        pipeline.stop()
        for thread in threads {
            thread.join()
        }
        threads = []
    }
}
