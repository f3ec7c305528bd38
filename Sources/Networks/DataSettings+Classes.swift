import Configuration
import Datasets

extension DataSettings {
    /// Channels that a network predicts for `task`, known without reading the data set: Rooms says its classes, and
    /// others have those of the paper (PASCAL-Context 21 classes and 7 parts, NYUD 40 classes).
    package func channels(of task: LearningTask) -> Int {
        let classes =
            switch (dataset, task) {
            case (.rooms, _): rooms.trainingRooms.classNames(of: task).count
            case (.nyud, .semseg): 40
            case (_, .humanParts): 7
            default: 21
            }
        return task.channels(classes: classes)
    }
}
