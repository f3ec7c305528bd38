/// A row-major map of float32 values, channels last: `values[(row * width + column) * channels + channel]`.
package struct PixelMap: Sendable, Equatable {
    package let height: Int
    package let width: Int
    package let channels: Int
    package var values: [Float]
    /// How many numbers of the file became unknown that no one writes for unknown; what `modulor data check` warns of.
    package var strangeCount = 0

    package init(height: Int, width: Int, channels: Int, values: [Float]) {
        precondition(values.count == height * width * channels, "a map's values must fill its shape")
        self.height = height
        self.width = width
        self.channels = channels
        self.values = values
    }
}

/// One picture and what is known about its pixels.
package struct Sample: Sendable {
    /// Unique within the data set; part of every error message about the sample.
    package let identifier: String
    /// RGB, each channel from 0 to 255.
    package var image: PixelMap
    /// The truth of each task, at the picture's size, encoded as ``TaskKind`` says.
    package var labels: [LearningTask: PixelMap]

    package init(identifier: String, image: PixelMap, labels: [LearningTask: PixelMap]) {
        self.identifier = identifier
        self.image = image
        self.labels = labels
    }
}

extension Sample {
    /// The labels of `task`.
    /// - Throws: ``SampleError`` where they are not as large as the picture.
    func checkedLabels(of task: LearningTask) throws -> PixelMap {
        guard let map = labels[task] else {
            preconditionFailure("the source gave no \(task.name) labels for sample \(identifier)")
        }
        try Self.check(map, of: task, identifier, height: image.height, width: image.width)
        return map
    }

    /// - Parameter height, width: of the picture.
    /// - Throws: ``SampleError`` where labels are not as large as it.
    static func check(
        _ map: PixelMap, of task: LearningTask, _ identifier: String, height: Int, width: Int
    ) throws {
        guard map.height == height && map.width == width else {
            throw SampleError(
                identifier: identifier,
                problem: "the picture has \(height) x \(width) pixels and its \(task.name) labels have "
                    + "\(map.height) x \(map.width)", remedy: "make both the same size")
        }
    }

    /// The complaint about a picture that is larger than the frame in which it is evaluated, which was as large as the
    /// largest picture when it was chosen.
    func misfit(frameHeight: Int, frameWidth: Int) -> SampleError {
        SampleError(
            identifier: identifier,
            problem: "the picture has \(image.height) x \(image.width) pixels, more than the frame of "
                + "\(frameHeight) x \(frameWidth) in which it is evaluated",
            remedy: "leave pictures as they are while a program reads them, and start it again")
    }
}

/// A finite list of samples that can be read in any order, from any thread.
package protocol SampleSource: Sendable {
    /// How many samples there are.
    var count: Int { get }
    /// The tasks that samples have labels for.
    var tasks: [LearningTask] { get }
    /// Whether a sample has a label of `task`. One that has none is read as if nothing were known in it.
    func hasLabel(of task: LearningTask, at index: Int) -> Bool
    /// How many classes a classification task of this data set has (unknown pixels not counted).
    func classNames(of task: LearningTask) -> [String]
    /// Reads sample `index` with the labels of `tasks`.
    /// - Throws: an error that names the sample and the file when it cannot be read.
    func sample(at index: Int, tasks: [LearningTask]) throws -> Sample
    /// What the boundary benchmark holds scores of `task` for sample `index` against, before it is thinned; the task's
    /// labels, unless the data set has something better.
    /// - Throws: an error that names the sample and the file when it cannot be read.
    func boundaries(of task: LearningTask, at index: Int) throws -> PixelMap
}

extension SampleSource {
    package func hasLabel(of task: LearningTask, at index: Int) -> Bool { true }

    /// How many samples have a label of `task`.
    package func labelCount(of task: LearningTask) -> Int { (0..<count).count { hasLabel(of: task, at: $0) } }

    /// Whether there are labels of a task of this name, kind and number of channels.
    package func has(_ task: LearningTask) -> Bool {
        tasks.contains { $0.hasLabels(of: task) }
    }

    /// Whether class 0 of `task` is what is none of the others.
    package func hasBackground(_ task: LearningTask) -> Bool {
        classNames(of: task).first?.lowercased() == "background"
    }
}
