import Datasets

/// Samples beneath each other: the image, then truth and prediction of every task side by side, under captions.
///
///     image     semseg truth  semseg output   depth truth  depth output
///     sample 0
///     sample 1
///
/// Without predictions there is one column per task, the truth.
///
/// Every cell is as large as the largest picture, and as wide as the longest caption; what is smaller stands in its
/// middle.
package struct ContactSheet: Sendable {
    /// In the order of columns.
    package let tasks: [LearningTask]
    /// Every pixel becomes a square of so many; small maps are hard to see.
    package let magnification: Int
    private let columnsPerTask: Int
    private var rows: [[Picture]] = []

    private static let gap = 2
    /// Between the columns of two tasks.
    private static let wideGap = 6
    private static let ink = Color(gray: 230)

    /// A sheet without samples.
    /// - Parameter predictions: whether there are any beside the truth.
    package init(tasks: [LearningTask], magnification: Int = 1, predictions: Bool = true) {
        precondition(magnification > 0, "pixels have a size")
        self.tasks = tasks
        self.magnification = magnification
        columnsPerTask = predictions ? 2 : 1
    }

    /// Adds a sample as a row.
    /// - Parameter answers: truth and prediction of every task, in the order of ``tasks``.
    package mutating func add(image: Picture, answers: [(truth: Picture, prediction: Picture)]) {
        add(image: image, pictures: answers.flatMap { [$0.truth, $0.prediction] })
    }

    /// Adds a sample as a row of a sheet without predictions.
    /// - Parameter truths: of every task, in the order of ``tasks``.
    package mutating func add(image: Picture, truths: [Picture]) {
        add(image: image, pictures: truths)
    }

    private mutating func add(image: Picture, pictures: [Picture]) {
        precondition(pictures.count == columnsPerTask * tasks.count, "a row has a picture for every column")
        rows.append([image] + pictures)
    }

    /// Adds a sample as a row, drawn from its maps; distances and values of a row share the truth's range of colours.
    /// - Parameters:
    ///   - image: RGB in 0 … 255.
    ///   - label: the truth of a task.
    ///   - output: the network's output for a task, as ``TaskScore`` reads it.
    package mutating func add(
        image: PixelMap, label: (LearningTask) -> PixelMap, output: (LearningTask) -> PixelMap
    ) {
        let answers = tasks.map { task in
            label(task).withView { truth in
                let range = ValueRange(of: truth, task: task)
                return (
                    truth: Picture(label: truth, task: task, range: range),
                    prediction: output(task).withView { Picture(output: $0, task: task, range: range) }
                )
            }
        }
        add(image: image.withView { Picture(image: $0) }, answers: answers)
    }

    /// The sheet as it is so far; captions alone while it has no row.
    package func picture() -> Picture {
        let cellHeight = (rows.joined().map(\.height).max() ?? 0) * magnification
        let longest = (captions.map { Lettering.width($0) }.max() ?? 0) + 2 * ContactSheet.gap
        let cellWidth = max((rows.joined().map(\.width).max() ?? 0) * magnification, longest)
        var starts = [ContactSheet.gap]
        for column in 1..<captions.count {
            let isFirstOfTask = (column - 1) % columnsPerTask == 0
            starts.append(starts[column - 1] + cellWidth + (isFirstOfTask ? ContactSheet.wideGap : ContactSheet.gap))
        }
        // Letters are doubled where all captions fit doubled.
        let letterSize = longest * 2 <= cellWidth ? 2 : 1
        let captionHeight = Lettering.height * letterSize + 2 * ContactSheet.gap + 2
        var sheet = Picture(
            height: captionHeight + rows.count * (cellHeight + ContactSheet.gap),
            width: starts[starts.count - 1] + cellWidth + ContactSheet.gap, color: Picture.paper)
        for (start, caption) in zip(starts, captions) {
            let margin = (cellWidth - Lettering.width(caption) * letterSize) / 2
            Lettering.write(
                caption, on: &sheet, row: ContactSheet.gap + 1, column: start + margin, magnification: letterSize,
                color: ContactSheet.ink)
        }
        for (index, row) in rows.enumerated() {
            let top = captionHeight + index * (cellHeight + ContactSheet.gap)
            for (start, picture) in zip(starts, row) {
                sheet.draw(
                    picture, row: top + (cellHeight - picture.height * magnification) / 2,
                    column: start + (cellWidth - picture.width * magnification) / 2, magnification: magnification)
            }
        }
        return sheet
    }

    private var captions: [String] {
        ["image"]
            + tasks.flatMap {
                columnsPerTask == 2 ? ["\($0.name) truth", "\($0.name) output"] : [$0.name]
            }
    }
}
