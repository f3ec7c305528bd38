import Checkpoints

/// What is at a path: a file of tensors or arrays, a model, or a run.
package enum Inspection: Encodable, Sendable {
    case file(FileInspection)
    case arrays(ArrayInspection)
    case model(ModelInspection)
    case run(RunInspection)

    /// Reads all of what is at `path`.
    ///
    /// - Throws: `FileSystemError`; `InvalidFileError`; `ConfigurationError` of a run.
    package init(_ path: String, checksums: PartChecksums = .verified) throws {
        guard let names = try? Folder.names(in: path) else {
            self =
                try ArrayInspection(path).map { .arrays($0) } ?? .file(FileInspection(path, checksums: checksums))
            return
        }
        if names.contains("model.yaml") {
            self = .model(try ModelInspection(path))
        } else if names.contains("config.yaml") {
            self = .run(try RunInspection(path))
        } else {
            throw InvalidFileError(
                path: path, problem: "it is neither a model (with model.yaml) nor a run (with config.yaml)",
                remedy: "name a model, a run, or a file of tensors or arrays")
        }
    }

    package var text: String {
        switch self {
        case .file(let file): file.text
        case .arrays(let arrays): arrays.text
        case .model(let model): model.text
        case .run(let run): run.text
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .file(let file): try file.encode(to: encoder)
        case .arrays(let arrays): try arrays.encode(to: encoder)
        case .model(let model): try model.encode(to: encoder)
        case .run(let run): try run.encode(to: encoder)
        }
    }
}
