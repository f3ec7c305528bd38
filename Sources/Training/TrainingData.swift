import Configuration
import Datasets
import Networks

/// The samples of a run: those to train on and those to validate on.
package struct TrainingData: Sendable {
    package let training: any SampleSource
    package let validation: any SampleSource
    /// The sizes at which validation pictures are evaluated; each fits in its own.
    package let frames: EvaluationFrames
    /// How many samples have labels, a sentence for each task that some of them lack.
    let labelCounts: [String]

    /// How many bytes of samples are kept in memory, so that what is drawn once need not be drawn again.
    private static let cacheByteLimit = 2 << 30

    /// Makes sure that every file of every sample is there; whether they are sound, `DataReport` tells.
    ///
    /// - Parameter only: where nothing is trained, the split that is evaluated; it takes the place of both.
    /// - Throws: `UsageError` where the data set lacks a task or files; `DataFileError` and `SampleError` where a folder
    ///   or list is missing or damaged.
    package init(_ settings: DataSettings, tasks: [LearningTask], only split: String? = nil) throws {
        let opened = try OpenedData(settings, tasks: tasks, only: split)
        if settings.dataset == .rooms {
            training = CachedSampleSource(opened.training, byteLimit: Self.cacheByteLimit)
            validation = CachedSampleSource(opened.validation, byteLimit: Self.cacheByteLimit)
        } else {
            // Files are read again: the data sets are larger than memory, and reading takes less time than a step.
            training = opened.training
            validation = opened.validation
        }
        // Both are the one split that is evaluated, where one is named.
        let problems = (split == nil ? [training, validation] : [validation])
            .compactMap { $0 as? any StoredSampleSource }.flatMap { $0.fileProblems(tasks: tasks) }
        if let first = problems.first {
            let others =
                switch problems.count {
                case 1: ""
                case 2: " One more file is missing or there twice;"
                default: " \(problems.count - 1) more files are missing or there twice;"
                }
            let command = "modulor data check CONFIG" + (split.map { " --split \($0)" } ?? "")
            throw UsageError("\(first)\(others) \(command) lists whatever is wrong with the data.")
        }
        frames = try opened.frames()
        labelCounts =
            settings.missingLabels == .allow && split == nil
            ? try OpenedData.labelCounts(tasks, training: training, validation: validation) : []
    }

    /// Channels that a network predicts for `task`.
    package func channels(of task: LearningTask) -> Int {
        task.outputChannels(classes: training.classNames(of: task).count)
    }

    /// What a network predicts for `task`. But for presets, which are known by their names, it has the names of the classes,
    /// so that its file tells them.
    package func head(of task: LearningTask) -> TaskHead {
        var named = task
        // How files say labels is no matter of a network.
        named.labels = LabelConvention()
        if task.kind == .classes, LearningTask.preset(task.name) != named {
            named.classNames = training.classNames(of: task)
        }
        return TaskHead(named, channels: channels(of: task))
    }

    /// The names of the classes of those of `tasks` whose answers are classes, by the tasks' names.
    package func classNames(of tasks: [LearningTask]) -> [String: [String]] {
        Dictionary(
            uniqueKeysWithValues: tasks.filter { $0.kind == .classes }.map {
                ($0.name, training.classNames(of: $0))
            })
    }

    /// The names of the classes or channels of each of `tasks`, by the tasks' names.
    package func partNames(of tasks: [LearningTask]) -> [String: [String]] {
        let channels = tasks.map { ($0.name, $0.channelNames) }
        return Dictionary(uniqueKeysWithValues: channels).merging(classNames(of: tasks)) { $1 }
    }
}
