import Foundation

/// What reading all samples of a data set showed. Its memory does not grow with their number, but with that of problems.
package struct SampleExamination: Sendable {
    /// What is wrong, in the order of the samples and tasks, whatever the number of workers.
    package let problems: [SampleError]
    /// What the sound labels of each task hold, in the order of the tasks.
    package let labels: [LabelSummary]
    package let sizes: PictureSizes

    fileprivate struct Part: Sendable {
        var problems: [Int: [SampleError]] = [:]
        var labels: [LabelSummary]
        var sizes = PictureSizes()

        mutating func merge(_ other: Part) {
            problems.merge(other.problems) { $0 + $1 }
            for index in labels.indices { labels[index].merge(other.labels[index]) }
            sizes.merge(other.sizes)
        }
    }

    fileprivate init(_ part: Part) {
        problems = part.problems.sorted { $0.key < $1.key }.flatMap(\.value)
        labels = part.labels
        sizes = part.sizes
    }

    /// Of both lists of a data set, the first one's problems first.
    package func joined(with other: SampleExamination) -> SampleExamination {
        var part = Part(labels: labels, sizes: sizes)
        part.merge(Part(labels: other.labels, sizes: other.sizes))
        part.problems = [0: problems, 1: other.problems]
        return SampleExamination(part)
    }
}

extension SampleSource {
    /// Reads each sample whole, with every label of `tasks`, as training and validation do.
    ///
    /// - Parameters:
    ///   - workers: threads that read, one at least.
    ///   - observe: told how many samples are done, from one of the threads at a time.
    /// - Throws: ``WorkerThreadError``.
    package func examined(
        tasks: [LearningTask], workers: Int, observe: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> SampleExamination {
        precondition(workers > 0, "somebody has to read")
        let empty = SampleExamination.Part(
            labels: tasks.map { LabelSummary(of: $0, classes: classNames(of: $0).count) })
        let work = ExaminationWork(count: count, empty, observe: observe)
        var threads: [WorkerThread] = []
        // Threads that did start are waited for, even where one did not.
        defer { threads.forEach { $0.join() } }
        for _ in 0..<min(workers, max(count, 1)) {
            threads.append(
                try WorkerThread {
                    var part = empty
                    while let index = work.claim() {
                        examine(index, tasks: tasks, &part)
                        work.finishOne()
                    }
                    work.add(part)
                })
        }
        threads.forEach { $0.join() }
        threads = []
        return SampleExamination(work.whole)
    }

    /// What is wrong with the samples.
    package func problems(tasks: [LearningTask], workers: Int) throws -> [SampleError] {
        try examined(tasks: tasks, workers: workers).problems
    }

    /// Reads one sample. Where that fails, its picture and its labels are read one by one, so that all that are bad are
    /// named.
    private func examine(_ index: Int, tasks: [LearningTask], _ part: inout SampleExamination.Part) {
        if let whole = try? sample(at: index, tasks: tasks),
            let maps = try? tasks.map({ try whole.checkedLabels(of: $0) })
        {
            part.sizes.add(height: whole.image.height, width: whole.image.width)
            for (place, map) in maps.enumerated() where hasLabel(of: tasks[place], at: index) {
                part.labels[place].add(map)
            }
            return
        }
        var found: [SampleError] = []
        func note(_ error: any Error) {
            let problem =
                error as? SampleError
                ?? SampleError(identifier: "\(index)", problem: "\(error)", remedy: "correct the data set")
            if !found.contains(problem) { found.append(problem) }
        }
        do {
            let image = try sample(at: index, tasks: []).image
            part.sizes.add(height: image.height, width: image.width)
        } catch {
            note(error)
        }
        for (place, task) in tasks.enumerated() where hasLabel(of: task, at: index) {
            do {
                part.labels[place].add(try sample(at: index, tasks: [task]).checkedLabels(of: task))
            } catch {
                note(error)
            }
        }
        part.problems[index] = found
    }
}

/// Hands out samples to examine and gathers what was found.
private final class ExaminationWork: @unchecked Sendable {
    private let lock = NSLock()
    private let count: Int
    private let observe: @Sendable (Int) -> Void
    private var next = 0
    private var done = 0
    /// To be asked for once all threads have ended.
    private(set) var whole: SampleExamination.Part

    init(count: Int, _ empty: SampleExamination.Part, observe: @escaping @Sendable (Int) -> Void) {
        self.count = count
        self.observe = observe
        whole = empty
    }

    func claim() -> Int? {
        lock.withLock {
            guard next < count else { return nil }
            next += 1
            return next - 1
        }
    }

    func finishOne() {
        lock.withLock {
            done += 1
            observe(done)
        }
    }

    func add(_ part: SampleExamination.Part) {
        lock.withLock { whole.merge(part) }
    }
}
