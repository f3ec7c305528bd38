import Configuration
import Datasets

extension DataSettings {
    /// Channels that a network predicts for `task`, known without reading samples: the configuration, Rooms or a folder
    /// says the classes, and others have those of the paper (PASCAL-Context 21 classes and 7 parts, NYUD 40 classes).
    package func channels(of task: LearningTask) -> Int {
        let classes: Int? =
            switch dataset {
            case .rooms: rooms.trainingRooms.classNames(of: task).count
            case .folder, .files: root.flatMap { try? LabelledFolder.classNames(of: task, root: $0) }?.count
            case .nyud: task.skipsEmptySamples ? nil : 40
            case .pascalContext: nil
            }
        return task.outputChannels(classes: classes ?? (task.skipsEmptySamples ? 7 : 21))
    }
}
