import Checkpoints
import Datasets
import Inference
import Networks
import Tasks

/// Predictions as files to work with and to look at, one folder for all pictures.
///
/// For every picture and task: `PICTURE-TASK.npy`, the raw map (float32, height × width × channels, before any
/// activation); `PICTURE-TASK.png`, the same for people (classes as a palette PNG whose indices are the classes, depth
/// with a bar of its colours); `PICTURE-TASK-overlay.png`, laid over the picture. All together on `contact-sheet.png`.
package struct PredictionFiles {
    /// Pictures on the sheet; more are left to their own files.
    package static let sheetRows = 48
    private static let cell = 256
    private let folder: String
    private var sheet: ContactSheet
    private var rows = 0

    /// Makes the folder where it is missing; files of the same names are replaced.
    ///
    /// - Throws: `FileSystemError`.
    package init(folder: String, tasks: [LearningTask]) throws {
        try Folder.create(folder)
        self.folder = folder
        sheet = ContactSheet(tasks: tasks, predictions: false)
    }

    /// Writes what was predicted for one picture, some rows at a time.
    ///
    /// - Parameter name: what its files begin with.
    /// - Throws: `FileSystemError`; `PredictionError` where the networks give no numbers, and then the picture has no files.
    package mutating func add(_ name: String, image: ImageFile, prediction: Predictor.Prediction) throws {
        var cells: [Picture] = []
        var written: [String] = []
        do {
            for answer in prediction.answers {
                let stem = stem(name, answer.head)
                defer { written.append(stem) }
                let range = try write(answer, to: stem + ".npy")
                cells.append(try draw(answer, at: stem, over: image, range: range))
            }
        } catch let error as PredictionError {
            // In tiles, answers of tasks before that one are there already.
            for stem in written.dropLast() {
                for ending in [".npy", ".png", "-overlay.png"] { try Folder.remove(stem + ending) }
            }
            throw error
        }
        guard rows < Self.sheetRows else { return }
        rows += 1
        var original = ShrunkPicture(height: image.height, width: image.width, toFit: Self.cell)
        for rows in Self.bands(image.height, byteCountPerRow: 3 * image.width) {
            original.add(rows: Picture(rows: rows, of: image))
        }
        sheet.add(image: original.picture, truths: cells)
    }

    private func stem(_ name: String, _ head: TaskHead) -> String { "\(folder)/\(name)-\(head.name)" }

    /// Rows that are dealt with at once.
    private static func bands(_ height: Int, byteCountPerRow: Int) -> [Range<Int>] {
        let rows = max(1, (8 << 20) / byteCountPerRow)
        return stride(from: 0, to: height, by: rows).map { $0..<min($0 + rows, height) }
    }

    /// Writes an answer's numbers and returns from where to where they are.
    private func write(_ answer: Predictor.Prediction.Answer, to path: String) throws -> ValueRange {
        var range: ValueRange?
        try AtomicFile.write(to: path) { writer in
            try writer.write(NumPyArray.header(shape: [answer.height, answer.width, answer.head.channels]))
            try answer.forEachBand { values in
                let band = Self.view(values, answer)
                range = ValueRange(of: band, task: answer.head.task, beside: range) ?? range
                try writer.write(UnsafeRawBufferPointer(values))
            }
        }
        return range ?? .standard
    }

    private static func view(_ values: UnsafeBufferPointer<Float>, _ answer: Predictor.Prediction.Answer) -> MapView {
        let channels = answer.head.channels
        return MapView(
            base: values.baseAddress!, height: values.count / answer.width / channels, width: answer.width,
            channels: channels)
    }

    /// Draws an answer from the file of its numbers: the colours of some follow from all.
    ///
    /// - Returns: the picture, small.
    private func draw(
        _ answer: Predictor.Prediction.Answer, at stem: String, over image: ImageFile, range: ValueRange
    ) throws -> Picture {
        let (height, width, head) = (answer.height, answer.width, answer.head)
        let numbers = try FileReader(path: stem + ".npy")
        let start = NumPyArray.header(shape: [height, width, head.channels]).count
        let rowByteCount = width * head.channels * MemoryLayout<Float>.stride
        var picture = OutputPicture(
            height: height, width: width, channels: head.channels, task: head.task, range: range)
        let overlay = PNGWriter(height: height, width: width, .rgb)
        var cell = ShrunkPicture(height: height, width: width, toFit: Self.cell)
        try AtomicFile.write(to: stem + ".png") { pictureFile in
            try AtomicFile.write(to: stem + "-overlay.png") { overlayFile in
                for rows in Self.bands(height, byteCountPerRow: rowByteCount) {
                    var values = [Float](repeating: 0, count: rows.count * width * head.channels)
                    try values.withUnsafeMutableBytes {
                        try numbers.read(into: $0, at: start + rows.lowerBound * rowByteCount)
                    }
                    let (own, encoded) = values.withUnsafeBufferPointer {
                        picture.add(rows: Self.view($0, answer))
                    }
                    try pictureFile.write(encoded)
                    let over = own.overlaid(on: Picture(rows: rows, of: image), task: head.task)
                    try overlayFile.write(overlay.encode(rows: over.rgb))
                    cell.add(rows: own)
                }
            }
        }
        return cell.picture
    }

    /// Writes the sheet of all pictures so far and returns its path; nil where there is none.
    ///
    /// - Throws: `DataFileError`.
    package func writeSheet() throws -> String? {
        guard rows > 0 else { return nil }
        let path = folder + "/contact-sheet.png"
        try PNGFile(sheet.picture()).write(to: path)
        return path
    }
}
