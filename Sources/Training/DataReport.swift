import Configuration
import Datasets
import Foundation

/// What a look at all samples of a data set found: `modulor data check`.
package struct DataReport: Sendable {
    package let trainingCount: Int
    package let validationCount: Int
    /// One sentence each, with the sample's name, the file and what would mend it; none where all is well.
    package let problems: [String]

    /// Reads every sample with the labels of `tasks`, as training and validation do. What is drawn needs no check.
    ///
    /// - Parameter observe: told how many samples are done and how many there are, from one thread at a time.
    /// - Throws: `UsageError` where the data set lacks a task; `DataFileError` and `SampleError` where a folder or list
    ///   is missing or damaged, so that there are no samples to look at; `WorkerThreadError`.
    package init(
        _ settings: DataSettings, tasks: [LearningTask], observe: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) throws {
        let opened = try OpenedData(settings, tasks: tasks)
        try self.init(
            training: opened.training, validation: opened.validation, tasks: tasks, workers: settings.workers,
            observe: observe)
    }

    /// The same of the pictures that `modulor pretrain` reads.
    package init(
        _ settings: PretrainDataSettings, observe: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) throws {
        let data = try ClassifiedData(settings, seed: 0)
        try self.init(
            training: data.training, validation: data.validation, tasks: [], workers: settings.workers,
            observe: observe)
    }

    private init(
        training: any SampleSource, validation: any SampleSource, tasks: [LearningTask], workers: Int,
        observe: @escaping @Sendable (Int, Int) -> Void
    ) throws {
        trainingCount = training.count
        validationCount = validation.count
        guard let training = training as? any StoredSampleSource,
            let validation = validation as? any StoredSampleSource
        else {
            problems = []
            return
        }
        let trained = Set(training.identifiers)
        var found = validation.identifiers.filter(trained.contains).map { identifier in
            "sample \(identifier): it is on the lists of both train and val; take it off one of them."
        }
        let before = trainingCount
        let total = trainingCount + validationCount
        let truths = Truths()
        found += try training.problems(
            tasks: tasks, workers: workers, observe: { observe($0, total) }, inspect: { truths.look($0, $1) }
        ).map(\.description)
        found += try validation.problems(tasks: tasks, workers: workers) { observe(before + $0, total) }
            .map(\.description)
        problems = found + truths.problems(of: tasks)
    }
}

/// Of which tasks of true and false there is a label with something true.
private final class Truths: @unchecked Sendable {
    /// Guards the two below.
    private let lock = NSLock()
    private var seen: Set<LearningTask> = []
    private var found: Set<LearningTask> = []

    func look(_ task: LearningTask, _ labels: PixelMap) {
        guard task.kind == .score else { return }
        let isFound = lock.withLock {
            seen.insert(task)
            return found.contains(task)
        }
        guard !isFound, labels.values.contains(where: { $0 > 0.5 && $0 != task.unknownLabel }) else { return }
        _ = lock.withLock { found.insert(task) }
    }

    /// To be asked for when all labels were looked at.
    func problems(of tasks: [LearningTask]) -> [String] {
        tasks.filter { seen.contains($0) && !found.contains($0) }.map { task in
            "task \(task.name): no training label has a pixel above one half, so there is nothing to learn; a mask is 0 "
                + "and 255 in a PNG and 0 and 1 in an array (.npy), where 255 is unknown."
        }
    }
}
