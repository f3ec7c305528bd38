import Checkpoints
import Datasets
import Tasks

/// Samples of a data set with their truth, as files to look at.
package struct SampleGallery {
    private let source: any SampleSource

    package init(_ source: any SampleSource) {
        self.source = source
    }

    /// Writes `SAMPLE-image.png`, `SAMPLE-TASK.png` for every task, and all of them together as `contact-sheet.png`.
    /// The folder is made where it is missing; files of these names are replaced.
    ///
    /// - Returns: the path of the contact sheet.
    /// - Throws: what reading a sample throws, `FileSystemError`, `DataFileError`.
    @discardableResult
    package func write(_ indices: Range<Int>, to folder: String) throws -> String {
        precondition(indices.lowerBound >= 0 && indices.upperBound <= source.count, "samples lie within the data set")
        try Folder.create(folder)
        var sheet = ContactSheet(tasks: source.tasks, predictions: false)
        for index in indices {
            let sample = try source.sample(at: index, tasks: source.tasks)
            let image = sample.image.withView { Picture(image: $0) }
            let truths = source.tasks.map { Self.picture(of: sample, task: $0) }
            try image.write(to: "\(folder)/\(sample.identifier)-image.png")
            for (task, truth) in zip(source.tasks, truths) {
                try truth.write(to: "\(folder)/\(sample.identifier)-\(task.name).png")
            }
            sheet.add(image: image, truths: truths)
        }
        let path = "\(folder)/contact-sheet.png"
        try sheet.picture().write(to: path)
        return path
    }

    static func picture(of sample: Sample, task: LearningTask) -> Picture {
        guard let label = sample.labels[task] else { preconditionFailure("the sample lacks a label asked for") }
        return label.withView {
            Picture(label: $0, task: task, range: ValueRange(of: $0, task: task))
        }
    }
}

extension Picture {
    /// Writes a PNG file.
    fileprivate func write(to path: String) throws {
        try PNGFile(height: height, width: width, pixels: .rgb(rgb)).write(to: path)
    }
}
