/// Which files a data set's samples lie in, as `data.files` of a configuration says it.
package struct FileLayout: Sendable, Hashable {
    /// A file of every sample.
    package struct Entry: Sendable, Hashable {
        package let pattern: FilePattern
        /// The axes of an array, where they are not height, width and channels, behind the number of the map if there is one.
        package let order: [ArrayAxis]?

        package init(_ pattern: FilePattern, order: [ArrayAxis]? = nil) {
            (self.pattern, self.order) = (pattern, order)
        }
    }

    package let image: Entry
    /// By the tasks' names.
    package let labels: [String: Entry]

    package init(image: Entry, labels: [String: Entry]) {
        (self.image, self.labels) = (image, labels)
    }
}

/// What an axis of an array counts.
package enum ArrayAxis: String, CaseIterable, Sendable {
    /// The maps of an array of several.
    case n
    case channels = "c"
    case height = "h"
    case width = "w"
}

/// What becomes of a sample of which the label of a task is missing.
package enum MissingLabels: String, CaseIterable, Sendable {
    /// It is an error.
    case refuse
    /// The sample trains and validates the other tasks: nothing is known of this one.
    case allow
}

extension LearningTask {
    /// A label of which nothing is known.
    func unknownLabels(height: Int, width: Int) -> PixelMap {
        PixelMap(
            height: height, width: width, channels: labelChannels,
            values: [Float](repeating: unknownLabel, count: height * width * labelChannels))
    }
}
