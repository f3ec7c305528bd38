import Datasets

/// One task's head: what is predicted, and with how many channels.
package struct TaskHead: Hashable, Sendable {
    /// How many channels a file may ask for: far more than data sets have classes.
    static let channelCounts = 1...65536

    package var task: LearningTask
    /// What is predicted for a pixel: ``LearningTask/outputChannels(classes:)``.
    package var channels: Int

    package init(_ task: LearningTask, channels: Int) {
        self.task = task
        self.channels = channels
    }

    /// The task's name in parameters and files.
    package var name: String { task.name }
}
