import Datasets
import Foundation
import Inference
import Networks
import TensorCore

/// Predicts a list of pictures, one after the other, into a folder. A picture that cannot be used is told and passed
/// over.
package struct PredictionRun {
    /// What happens while pictures are predicted, for whoever watches.
    package enum Event {
        /// `done` of `count` pictures are dealt with, the last of which is `name`.
        case advanced(done: Int, count: Int, name: String, seconds: Double)
        /// A sentence about a picture that cannot be used.
        case passedOver(String)
    }

    /// What came of all pictures.
    package struct Outcome {
        /// nil where no picture could be used.
        package fileprivate(set) var sheetPath: String?
        /// Pictures that could not be used.
        package fileprivate(set) var failures = 0
        /// What the networks took for each picture, by its size.
        fileprivate var seconds: [Size: [Double]] = [:]
    }

    fileprivate struct Size: Hashable {
        let height: Int
        let width: Int
    }

    private let predictor: Predictor
    private let pictures: PictureList

    package init(_ predictor: Predictor, pictures: PictureList) {
        self.predictor = predictor
        self.pictures = pictures
    }

    /// - Throws: where the folder cannot be written; `InferenceError` where pictures lie in it; `PredictionError` where the
    ///   networks give no numbers, and then nothing of that picture is written.
    package func run(to folder: String, observe: (Event) -> Void) throws -> Outcome {
        try pictures.checkApart(from: folder)
        var files = try PredictionFiles(folder: folder, tasks: predictor.heads.map(\.task))
        var outcome = Outcome()
        let start = ContinuousClock.now
        for (index, entry) in pictures.entries.enumerated() {
            if let (image, prediction) = try predict(entry, observe) {
                try files.add(entry.name, image: image, prediction: prediction)
                outcome.seconds[Size(height: image.height, width: image.width), default: []].append(prediction.seconds)
            } else {
                outcome.failures += 1
            }
            observe(
                .advanced(
                    done: index + 1, count: pictures.entries.count, name: entry.name,
                    seconds: (ContinuousClock.now - start).seconds))
        }
        outcome.sheetPath = try files.writeSheet()
        return outcome
    }

    private func predict(
        _ entry: PictureList.Entry, _ observe: (Event) -> Void
    ) throws(PredictionError) -> (ImageFile, Predictor.Prediction)? {
        do {
            let image = try ImageFile.read(
                entry.path, orientation: .applied, pixelLimit: predictor.pixelLimit)
            return (image, try predictor.predict(image, name: entry.name))
        } catch let error as PredictionError {
            throw error
        } catch let error as InferenceError {
            observe(.passedOver("\(entry.path): \(error)"))
        } catch {
            observe(.passedOver("\(error)"))
        }
        return nil
    }
}

extension PredictionRun.Event {
    /// A line for a person.
    package var text: String {
        switch self {
        case .passedOver(let sentence): sentence
        case .advanced(let done, let count, let name, let seconds):
            "\(done)/\(count)  \(name)  "
                + String(
                    format: "%.2f images/s  %.0f s left", Double(done) / seconds,
                    seconds / Double(done) * Double(count - done))
        }
    }
}

extension PredictionRun.Outcome {
    /// Latency by size: the medians of what the networks took, all tasks together, without files.
    package var timeTable: String {
        var table = TextTable(columns: ["size", "images", "median ms", "images/s"])
        for (size, seconds) in seconds.sorted(by: { ($0.key.height, $0.key.width) < ($1.key.height, $1.key.width) }) {
            table.add([
                "\(size.height) x \(size.width)", "\(seconds.count)", String(format: "%.2f", seconds.median * 1e3),
                String(format: "%.2f", 1 / seconds.median),
            ])
        }
        return table.text
    }
}
