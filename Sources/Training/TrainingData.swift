import Configuration
import Datasets

/// The samples of a run: those to train on and those to validate on.
package struct TrainingData: Sendable {
    package let training: any SampleSource
    package let validation: any SampleSource
    /// The size at which validation pictures are evaluated; each fits in it.
    package let frame: PixelSize

    /// How many bytes of samples are kept in memory, so that what is drawn or decoded once need not be again.
    private static let cacheByteLimit = 2 << 30

    /// - Throws: `UsageError` where the data set cannot be read or lacks a task.
    package init(_ settings: DataSettings, tasks: [LearningTask]) throws {
        switch settings.dataset {
        case .rooms:
            let rooms = settings.rooms
            let (height, width) = (rooms.size.height, rooms.size.width)
            training = CachedSampleSource(
                Rooms(seed: UInt64(rooms.seed), first: 0, count: rooms.train, height: height, width: width),
                byteLimit: Self.cacheByteLimit)
            validation = CachedSampleSource(
                Rooms(
                    seed: UInt64(rooms.seed), first: rooms.train, count: rooms.validation, height: height, width: width),
                byteLimit: Self.cacheByteLimit)
            frame = rooms.size
        case .pascalContext, .nyud, .folder:
            throw UsageError(
                "data.dataset: \(settings.dataset.rawValue) cannot be read by this version; rooms can")
        }
        for task in tasks where !training.tasks.contains(task) {
            let known = training.tasks.map(\.rawValue).joined(separator: ", ")
            throw UsageError("tasks: \(settings.dataset.rawValue) has no labels of \(task.rawValue); it has \(known)")
        }
    }

    /// Channels that a network predicts for `task`.
    package func channels(of task: LearningTask) -> Int {
        task.channels(classes: training.classNames(of: task).count)
    }
}
