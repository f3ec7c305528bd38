import Configuration
import Datasets
import Tasks

/// The lists of a data set that were read, before its pictures and labels are looked at.
struct OpenedData {
    let training: any SampleSource
    let validation: any SampleSource
    /// The size at which validation pictures are evaluated, unless one of them needs a larger one; nil where each is
    /// evaluated at its own size.
    private let usualFrame: PixelSize?

    /// - Parameter only: where given, the one split that is opened, in the place of both.
    /// - Throws: `UsageError` where the data set lacks a task; `DataFileError` and `SampleError` where a folder or list
    ///   is missing or damaged.
    init(_ settings: DataSettings, tasks: [LearningTask], only split: String? = nil) throws {
        let (first, second) = (split ?? "train", split ?? "val")
        /// Where data sets other than Rooms are, which the configuration makes sure of.
        var root: String {
            get throws {
                guard let root = settings.root else {
                    throw UsageError("data.root: name the folder of \(settings.dataset.rawValue)")
                }
                return root
            }
        }
        switch settings.dataset {
        case .rooms:
            guard let rooms = ["train": settings.rooms.trainingRooms, "val": settings.rooms.validationRooms][second]
            else { throw UsageError("the split \(second): rooms have train and val") }
            validation = rooms
            training = split == nil ? settings.rooms.trainingRooms : rooms
            usualFrame = settings.rooms.size
        case .pascalContext:
            training = try PascalContext(root: root, split: first, tasks: tasks)
            validation = try PascalContext(root: root, split: second, tasks: tasks)
            // No picture of PASCAL VOC has more than 500 pixels a side; the paper evaluates them in this frame.
            usualFrame = PixelSize(height: 512, width: 512)
        case .nyud:
            training = try NYUD(root: root, split: first)
            validation = try NYUD(root: root, split: second)
            // The size of the pictures in both archives; others have them with their rims, 480 x 640.
            usualFrame = PixelSize(height: 425, width: 560)
        case .folder:
            training = try LabelledFolder(root: root, split: first, tasks: tasks, missing: settings.missingLabels)
            validation = try LabelledFolder(root: root, split: second, tasks: tasks, missing: settings.missingLabels)
            usualFrame = nil
        case .files:
            func source(_ split: String) throws -> PatternedFolder {
                guard let list = settings.list(ofSplit: split) else {
                    throw UsageError("the split \(split): data.files has no such list; add \(split): LIST there")
                }
                return try PatternedFolder(
                    root: root, list: list, layout: settings.layout, tasks: tasks,
                    missing: settings.missingLabels)
            }
            training = try source(first)
            validation = try source(second)
            usualFrame = nil
        }
        for task in tasks {
            guard let figure = task.comparedFigure, !task.figureNames.contains(figure) else { continue }
            throw UsageError(
                "tasks.\(task.name).metric: \(task.kind.rawValue) has no figure \(figure); it has "
                    + task.figureNames.joined(separator: ", "))
        }
        for task in tasks where !training.has(task) {
            let known = training.tasks.map { "\($0.name) (\($0.kind.rawValue))" }.joined(separator: ", ")
            throw UsageError(
                "tasks: \(settings.dataset.rawValue) has no labels of \(task.name) (\(task.kind.rawValue)); it has \(known)"
            )
        }
    }

    /// How many samples have a label of each task, a sentence for each task that some lack.
    ///
    /// - Throws: `UsageError` where none has one.
    static func labelCounts(
        _ tasks: [LearningTask], training: any SampleSource, validation: any SampleSource
    ) throws -> [String] {
        try tasks.compactMap { task in
            let (trained, validated) = (training.labelCount(of: task), validation.labelCount(of: task))
            guard trained > 0 else {
                throw UsageError(
                    "data.missing_labels: no training sample has a label of \(task.name); correct where they are, or take "
                        + "\(task.name) out of tasks")
            }
            guard trained < training.count || validated < validation.count else { return nil }
            return "\(task.name): \(trained) of \(training.count) training samples have a label, and \(validated) of "
                + "\(validation.count) validation samples"
        }
    }

    /// The sizes at which validation pictures are evaluated; each fits in its own. The beginnings of their files are read.
    ///
    /// - Throws: `SampleError` for a picture that cannot be read.
    func frames() throws -> EvaluationFrames {
        let sizes = try (validation as? any StoredSampleSource)?.sizes() ?? []
        guard let usualFrame else {
            return EvaluationFrames(each: sizes.map { PixelSize(height: $0.height, width: $0.width) })
        }
        return EvaluationFrames(
            all: PixelSize(
                height: sizes.reduce(usualFrame.height) { max($0, $1.height) },
                width: sizes.reduce(usualFrame.width) { max($0, $1.width) }))
    }
}
