import Checkpoints
import Datasets
import Inference
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

    /// Writes what was predicted for one picture.
    ///
    /// - Parameter name: what its files begin with.
    /// - Throws: `FileSystemError`, `DataFileError`.
    package mutating func add(_ name: String, image: ImageFile, prediction: Predictor.Prediction) throws {
        let original = image.rgbMap.withView { Picture(image: $0) }
        var pictures: [Picture] = []
        for (head, map) in prediction.maps {
            let stem = "\(folder)/\(name)-\(head.name)"
            try AtomicFile.write(to: stem + ".npy") {
                try $0.write(NumPyArray.encoded(map.values, shape: [map.height, map.width, map.channels]))
            }
            let range = map.withView { ValueRange(of: $0, task: head.task) }
            let picture = map.withView { Picture(output: $0, task: head.task, range: range) }
            try map.withView { picture.file(of: $0, task: head.task, range: range) }.write(to: stem + ".png")
            try PNGFile(picture.overlaid(on: original, task: head.task)).write(to: stem + "-overlay.png")
            pictures.append(picture.shrunk(toFit: Self.cell))
        }
        guard rows < Self.sheetRows else { return }
        rows += 1
        sheet.add(image: original.shrunk(toFit: Self.cell), truths: pictures)
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
