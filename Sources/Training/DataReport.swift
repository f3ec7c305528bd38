import Configuration
import Datasets

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
        found += try training.problems(tasks: tasks, workers: workers) { observe($0, total) }.map(\.description)
        found += try validation.problems(tasks: tasks, workers: workers) { observe(before + $0, total) }
            .map(\.description)
        problems = found
    }
}
