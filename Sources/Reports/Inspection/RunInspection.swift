import Checkpoints
import Configuration
import Training

/// What the folder of a run holds: its model, and its checkpoints.
package struct RunInspection: Encodable, Sendable {
    /// A checkpoint.
    package struct Row: Encodable, Sendable {
        package let step: Int
        package let files: [String]
        package let bytes: Int
        /// Why it must not be used; nil where its checksums hold.
        package let damage: String?
    }

    package let path: String
    /// None of a run that pretrains.
    package let tasks: [String]
    package let iterations: Int
    package let model: ModelInspection?
    /// The steps after which the model, and the best one, were validated; nil where there is none, and of the model in runs of
    /// version 0.1.0.
    package let modelStep: Int?
    package let bestStep: Int?
    /// What pretraining has ended with.
    package let bank: FileInspection?
    /// Oldest first.
    package let rows: [Row]

    /// Reads all of the run at `path`.
    ///
    /// - Throws: `ConfigurationError`; `FileSystemError`; `InvalidFileError` where the model is damaged.
    package init(_ path: String) throws {
        let run = try RunFolder(reading: path)
        self.path = path
        if run.isPretraining {
            tasks = []
            iterations = try PretrainConfiguration.load(path: run.configurationPath).training.iterations
        } else {
            let configuration = try RunConfiguration.load(path: run.configurationPath)
            tasks = configuration.tasks.map(\.name)
            iterations = configuration.training.iterations
        }
        let names = try Folder.names(in: path)
        model = try names.contains("model") ? ModelInspection(run.modelPath) : nil
        (modelStep, bestStep) = (run.validatedModel?.step, run.bestModel?.step)
        bank = try names.contains("bank.safetensors") ? FileInspection(run.bankPath) : nil
        rows = try run.checkpoints.all().map { step, result in
            switch result {
            case .success(let checkpoint):
                Row(step: step, files: checkpoint.files, bytes: try checkpoint.byteCount(), damage: nil)
            case .failure(let error): Row(step: step, files: [], bytes: 0, damage: "\(error)")
            }
        }
    }

    package var text: String {
        let kind = tasks.isEmpty ? "pretraining of a filter bank" : "a run of \(tasks.joined(separator: ", "))"
        var lines = ["\(path): \(kind), \(iterations) iterations"]
        for row in rows {
            let content =
                row.damage.map { "damaged: \($0)" } ?? "\(row.files.count) files, \(ByteText.of(row.bytes)), whole"
            lines.append("checkpoint of step \(row.step): \(content)")
        }
        if rows.isEmpty { lines.append("no checkpoint yet") }
        if let modelStep { lines.append("model is of step \(modelStep)") }
        if let bestStep { lines.append("best is of step \(bestStep): modulor inspect \(path)/best") }
        lines.append(model?.text ?? bank?.text ?? (tasks.isEmpty ? "no bank yet" : "no model yet"))
        return lines.joined(separator: "\n")
    }
}
