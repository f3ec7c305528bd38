import Glibc

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

    /// Bytes of the batches that there are at once, and of the samples that workers read into them.
    ///
    /// - Parameters:
    ///   - pixels: of a picture.
    ///   - samples: of a batch.
    ///   - batches: that will be read in all.
    package static func byteCount(
        of pixels: Int, tasks: [LearningTask], samples: Int, batches: Int, workers: Int, readAhead: Int = 2
    ) -> Int {
        let channels = tasks.reduce(3) { $0 + $1.labelChannels }
        // One is in use while others are read ahead. A file's bytes stand beside its sample's values.
        let held = min(batches, 1 + (workers == 0 ? 0 : readAhead)) * samples
        let reading = min(max(workers, 1), batches * samples)
        return pixels * (held * channels + reading * (channels + 1)) * MemoryLayout<Float>.stride
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

/// Reads samples into their places in a batch. Each worker has its own, for the tables that it keeps.
struct SampleReader {
    private let source: any SampleSource
    private let plan: BatchPlan
    private let tasks: [LearningTask]
    private var renderer: ViewRenderer

    init(source: any SampleSource, plan: BatchPlan, tasks: [LearningTask], normalization: ImageNormalization) {
        self.source = source
        self.plan = plan
        self.tasks = tasks
        renderer = ViewRenderer(normalization: normalization)
    }

    /// Reads the sample of `job`; what goes wrong is part of the result.
    mutating func read(_ job: BatchPipeline.Job) -> Result<BatchSample, any Error> {
        Result { try readThrowing(job) }
    }

    private mutating func readThrowing(_ job: BatchPipeline.Job) throws -> BatchSample {
        let sample = try source.sample(at: job.draw.index, tasks: tasks)
        let view = try plan.view(of: sample, drawnAs: job.draw)
        let pixels = view.frameHeight * view.frameWidth
        renderer.renderImage(sample.image, view: view, to: job.storage.images + job.place * pixels * 3)
        for (task, target) in zip(tasks, job.storage.labels) {
            let labels = try sample.checkedLabels(of: task)
            renderer.renderLabels(
                labels, task: task, view: view, to: target + job.place * pixels * task.labelChannels)
        }
        return BatchSample(draw: job.draw, identifier: sample.identifier, view: view)
    }
}

/// A thread of the system that can be waited for. Reading files blocks, so it must not sit on Swift's own few threads.
final class WorkerThread {
    private let handle: pthread_t

    /// Starts `body` on a new thread.
    /// - Throws: ``WorkerThreadError`` when the system gives no thread.
    init(_ body: @escaping @Sendable () -> Void) throws {
        let box = Unmanaged.passRetained(Body(body))
        var handle = pthread_t()
        let code = pthread_create(
            &handle, nil,
            { argument in
                Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw WorkerThreadError(reason: String(cString: strerror(code)))
        }
        self.handle = handle
    }

    /// Waits until the thread has ended. To be called once.
    func join() {
        pthread_join(handle, nil)
    }

    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }
}

/// The system gave no thread to read data with.
package struct WorkerThreadError: Error, CustomStringConvertible, Equatable {
    package let reason: String

    package var description: String {
        "no thread could be started to read data (\(reason)); use fewer workers (data.workers)."
    }
}
