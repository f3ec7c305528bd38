import Checkpoints
import Configuration

extension PretrainedNetwork {
    /// The bank, and what tasks start from, under the names that they have here.
    package var bankTensors: any TensorFile {
        isBank ? file : RenamedTensors(file, names: bank.map { ($0.name, $0.source) })
    }

    /// Writes the model at `path`, which must be new or empty, and opens it. A file that is a bank is copied byte by
    /// byte.
    ///
    /// - Parameter settings: what the file cannot tell is taken from here; backbone, width and, where the file has
    ///   whole tasks, method and decoder must be the file's.
    /// - Throws: `InvalidFileError`, also where a value is none that a network computes with; `FileSystemError`.
    package func write(to path: String, as settings: ModelSettings) throws -> ModelFolder {
        precondition(settings.backbone == self.settings.backbone && settings.width == self.settings.width)
        try Self.checkEmpty(path)
        try bankTensors.checkValues()
        for match in tasks.flatMap(\.tensors) { _ = try file.floats(match.source, shape: match.shape) }
        let description = ModelDescription(settings)
        let model =
            if isBank {
                try ModelFolder.create(at: path, describedBy: description, copyingBank: file.path)
            } else {
                try ModelFolder.create(
                    at: path, describedBy: description, bank: entries(bank),
                    metadata: ["backbone": settings.backbone.rawValue, "width": String(settings.width)])
            }
        for task in tasks {
            try model.write(
                task: task.head.name, tensors: entries(task.tensors), metadata: task.head.metadata)
        }
        return model
    }

    /// Writes a model without tasks whose bank is another than the file's, such as an initialized one.
    ///
    /// - Throws: `InvalidFileError`; `FileSystemError`.
    package func write(
        bank: [TensorEntry], metadata: [String: String], to path: String, as settings: ModelSettings
    ) throws -> ModelFolder {
        try Self.checkEmpty(path)
        return try ModelFolder.create(
            at: path, describedBy: ModelDescription(settings), bank: bank, metadata: metadata)
    }

    /// Makes sure that a model can be written at `path`, before what takes long is begun.
    ///
    /// - Throws: `InvalidFileError` where it is a folder with something in it.
    package static func checkEmpty(_ path: String) throws {
        if let names = try? Folder.names(in: path), !names.isEmpty {
            throw InvalidFileError(
                path: path, problem: "it is not empty, and what a model has is never rewritten",
                remedy: "choose another folder for the new model")
        }
    }

    private func entries(_ matches: [Match]) -> [TensorEntry] {
        matches.map { match in
            TensorEntry(match.name, shape: match.shape) { [file] (target: UnsafeMutableBufferPointer<Float>) in
                try file.read(match.source, shape: match.shape, into: target)
            }
        }
    }
}
