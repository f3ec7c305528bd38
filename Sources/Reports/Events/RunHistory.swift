import Foundation
import Tasks
import Training

/// The course of a run, read back from its event files.
package struct RunHistory: Sendable {
    /// A figure after so many steps.
    package struct Point: Sendable, Equatable {
        package let step: Int
        package let value: Double
    }

    /// A task's figure as it was validated, in its unit.
    package struct Metric: Sendable {
        package let figure: MetricFigure
        package internal(set) var points: [Point] = []
        /// Of the best constant prediction; nil while the run is not finished.
        package internal(set) var constant: Double?

        package var name: String { figure.name }
        package var unit: MetricUnit { figure.unit }
    }

    /// What was told of a task.
    package struct Task: Sendable {
        package let name: String
        package internal(set) var losses: [Point] = []
        /// The primary one first.
        package internal(set) var metrics: [Metric] = []
        package internal(set) var samples: [PicturedAnswer] = []
        /// Figures of the task's classes or channels as they were validated last; nil where there are none.
        package internal(set) var parts: (step: Int, figures: PartFigures)?
    }

    /// PNG files of a validation sample, and the task's figure on it.
    package struct PicturedAnswer: Sendable {
        package let sample: String
        package internal(set) var step = 0
        package internal(set) var score: (figure: MetricFigure, value: Double)?
        package internal(set) var truth = Data()
        package internal(set) var prediction = Data()
    }

    /// Whether somebody still writes, and if not, why.
    package enum State: Sendable, Equatable {
        /// A process writes the files now.
        case running
        /// The last step is done, or there was no gain for as long as was asked.
        case finished
        /// Before the last step: on request, or because the process was ended.
        case stopped
    }

    package internal(set) var sessions: [SessionFacts] = []
    /// In the order of the first session.
    package internal(set) var tasks: [Task] = []
    package internal(set) var images: [String: Data] = [:]
    package internal(set) var learningRate: [Point] = []
    package internal(set) var imagesPerSecond: [Point] = []
    package internal(set) var communicationShare: [Point] = []
    package internal(set) var waitingShare: [Point] = []
    /// Steps whose state was saved, with the folder.
    package internal(set) var checkpoints: [(step: Int, path: String)] = []
    /// Of the last session that told.
    package internal(set) var times: [RankTimes] = []
    /// Which validation was the best; nil in runs that do not ask.
    package internal(set) var course: ValidationCourse?
    /// When the first and the last event were written.
    package internal(set) var beginning: Date?
    package internal(set) var end: Date?
    /// Steps that are done, as far as told.
    package internal(set) var step = 0
    package internal(set) var state = State.stopped
    /// Files that could not be read to their end, and why.
    package internal(set) var damages: [String] = []

    private let folder: String
    /// By path, how far files were read.
    private var readings: [String: RecordFile.Reading] = [:]

    /// Reads all event files in the folder of a run.
    ///
    /// - Throws: `FileSystemError` where the folder cannot be read, `UsageError` where no session has written there.
    package init(folder: String) throws {
        self.folder = folder
        try refresh()
    }

    /// Reads the bytes of one event file that nobody writes to any more; `path` is for messages.
    package init(bytes: Data, path: String) {
        folder = (path as NSString).deletingLastPathComponent
        take(bytes, of: path)
        if !isDone { state = .stopped }
    }

    /// Reads what was written since the last reading; afterwards the history is that of a new reading.
    ///
    /// - Throws: as `init`.
    package mutating func refresh() throws {
        let paths = try EventFile.paths(in: folder)
        guard !paths.isEmpty else {
            throw UsageError("\(folder) holds no run that was recorded: there is no \(EventFile.prefix)… in it")
        }
        for path in paths { take(try EventFile.bytes(of: path, from: readings[path]?.byteCount ?? 0), of: path) }
        if !isDone { state = EventFile.isBeingWritten(paths[paths.count - 1]) ? .running : .stopped }
    }

    private var isDone: Bool { state == .finished && hasReachedItsEnd }

    /// Whether no step is left to do.
    private var hasReachedItsEnd: Bool { sessions.last.map { step >= $0.steps || course?.hasEnded == true } ?? false }

    /// Takes in what stands in a file behind what was read of it before.
    private mutating func take(_ bytes: Data, of path: String) {
        var reading = readings[path] ?? RecordFile.Reading()
        var isStrange = false
        RecordFile.read(bytes, after: &reading) { payload in
            // What is framed and no event is told of once, and what follows is read.
            guard let event = try? TensorBoardEvent(serializedBytes: payload) else { return isStrange = true }
            take(event)
        }
        let wasWhole = readings[path]?.damage == nil
        if wasWhole, let problem = reading.damage ?? (isStrange ? "a record is no event" : nil) {
            damages.append("\(path): \(problem)")
        }
        readings[path] = reading
    }

    private mutating func take(_ event: TensorBoardEvent) {
        let time = Date(timeIntervalSince1970: event.wallTime)
        if beginning == nil { beginning = time }
        end = time
        let step = Int(event.step)
        switch event.what {
        case .sessionLog(let log):
            switch log.status {
            case .start: forget(from: step)
            // Only the file of a session that came to an end says so; whether it was the last step shows the number.
            case .stop: if hasReachedItsEnd { state = .finished }
            case .checkpoint: checkpoints.append((step, log.checkpointPath))
            default: break
            }
        case .summary(let summary):
            for value in summary.value { take(value, step: step) }
        default: break
        }
    }

    /// What a session that was resumed from an earlier checkpoint does again is void.
    private mutating func forget(from step: Int) {
        func earlier(_ points: [Point]) -> [Point] { points.filter { $0.step < step } }
        for index in tasks.indices {
            tasks[index].losses = earlier(tasks[index].losses)
            for metric in tasks[index].metrics.indices {
                tasks[index].metrics[metric].points = earlier(tasks[index].metrics[metric].points)
            }
            tasks[index].samples.removeAll { $0.step >= step }
            if let parts = tasks[index].parts, parts.step >= step { tasks[index].parts = nil }
        }
        learningRate = earlier(learningRate)
        imagesPerSecond = earlier(imagesPerSecond)
        communicationShare = earlier(communicationShare)
        waitingShare = earlier(waitingShare)
        checkpoints.removeAll { $0.step >= step }
        if let known = course, known.step >= step { course = nil }
        course?.hasEnded = false
        // A damaged file may say any number.
        self.step = min(self.step, max(step, 1) - 1)
        state = .stopped
    }
}
