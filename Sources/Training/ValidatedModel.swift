import Checkpoints
import Foundation

/// What `validation.json` says of a model that a run wrote: after which step it was validated, and what it reached.
///
/// `RUN/validation.json` is about `RUN/model`, and `RUN/best/validation.json` about the model that it lies in.
package struct ValidatedModel: Codable, Sendable, Equatable {
    package static let fileName = "validation.json"

    package let step: Int
    /// By task and figure; without what is no number.
    package let figures: [String: [String: Double]]

    package init(step: Int, scores: [ValidationScore]) {
        self.step = step
        figures = Dictionary(
            uniqueKeysWithValues: scores.map { score in
                let values = score.results.filter(\.value.isFinite).map { ($0.name, $0.value) }
                return (score.task, Dictionary(uniqueKeysWithValues: values))
            })
    }

    /// Reads the file in `folder`; nil where there is none, as in runs of version 0.1.0, or where it is damaged.
    package init?(in folder: String) {
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(Self.fileName)"),
            let read = try? JSONDecoder().decode(Self.self, from: data)
        else { return nil }
        self = read
    }

    /// Equal validations have equal bytes.
    var bytes: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
        }
    }

    /// - Throws: `FileSystemError`.
    func write(in folder: String) throws {
        let bytes = try bytes
        try AtomicFile.write(to: "\(folder)/\(Self.fileName)") { try $0.write(bytes) }
    }
}
