import Foundation

extension SampleSource {
    /// What is wrong with the samples: each is read whole, with every label of `tasks`, as training and validation do.
    ///
    /// The order of the problems is that of the samples and of `tasks`, whatever the number of workers.
    ///
    /// - Parameters:
    ///   - workers: threads that read, one at least.
    ///   - observe: told how many samples are done, from one of the threads at a time.
    ///   - inspect: shown the labels that are sound, from several threads at a time.
    /// - Throws: ``WorkerThreadError``.
    package func problems(
        tasks: [LearningTask], workers: Int, observe: @escaping @Sendable (Int) -> Void = { _ in },
        inspect: @escaping @Sendable (LearningTask, PixelMap) -> Void = { _, _ in }
    ) throws -> [SampleError] {
        precondition(workers > 0, "somebody has to read")
        let work = CheckWork(count: count, observe: observe)
        var threads: [WorkerThread] = []
        // Threads that did start are waited for, even where one did not.
        defer { threads.forEach { $0.join() } }
        for _ in 0..<min(workers, max(count, 1)) {
            threads.append(
                try WorkerThread {
                    while let index = work.claim() {
                        work.finish(index, with: problems(at: index, tasks: tasks, inspect))
                    }
                })
        }
        threads.forEach { $0.join() }
        threads = []
        return work.problems
    }

    /// What is wrong with one sample. Its labels are read one task at a time, so that all that are bad are named.
    private func problems(
        at index: Int, tasks: [LearningTask], _ inspect: (LearningTask, PixelMap) -> Void
    ) -> [SampleError] {
        var found: [SampleError] = []
        func note(_ error: any Error) {
            let problem =
                error as? SampleError
                ?? SampleError(identifier: "\(index)", problem: "\(error)", remedy: "correct the data set")
            if !found.contains(problem) { found.append(problem) }
        }
        do {
            _ = try sample(at: index, tasks: [])
        } catch {
            note(error)
        }
        for task in tasks {
            do {
                let sample = try sample(at: index, tasks: [task])
                inspect(task, try sample.checkedLabels(of: task))
            } catch {
                note(error)
            }
        }
        return found
    }
}

/// Hands out samples to check and gathers what is wrong with them.
private final class CheckWork: @unchecked Sendable {
    private let lock = NSLock()
    private let observe: @Sendable (Int) -> Void
    private var next = 0
    private var done = 0
    private var found: [[SampleError]]

    init(count: Int, observe: @escaping @Sendable (Int) -> Void) {
        found = Array(repeating: [], count: count)
        self.observe = observe
    }

    func claim() -> Int? {
        lock.lock()
        defer { lock.unlock() }
        guard next < found.count else { return nil }
        next += 1
        return next - 1
    }

    func finish(_ index: Int, with problems: [SampleError]) {
        lock.lock()
        defer { lock.unlock() }
        found[index] = problems
        done += 1
        observe(done)
    }

    /// To be asked for once all threads have ended.
    var problems: [SampleError] { found.flatMap { $0 } }
}
