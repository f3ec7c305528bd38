import Checkpoints
import Datasets
import Foundation

/// What the file of a task says of it beside its tensors, so that a model is used without the configuration that it was
/// trained with.
///
/// A preset as it comes is known by its name and says nothing. Any other task says all of its description: `kind`, and
/// what its kind has beside it (`channel_names` and `class_names` as JSON lists, `score_by`, `skip_empty`).
extension TaskHead {
    /// The metadata of the task's file. `channels` is what the network predicts for a pixel.
    package var metadata: [String: String] {
        var metadata = ["channels": "\(channels)"]
        guard task != LearningTask.preset(task.name) else { return metadata }
        metadata["kind"] = task.kind.rawValue
        if !task.classNames.isEmpty { metadata["class_names"] = Self.list(task.classNames) }
        if !task.channelNames.isEmpty { metadata["channel_names"] = Self.list(task.channelNames) }
        if task.skipsEmptySamples { metadata["skip_empty"] = "true" }
        if task.scoreRule != .pixels { metadata["score_by"] = task.scoreRule.rawValue }
        return metadata
    }

    private static func list(_ names: [String]) -> String {
        guard let json = try? JSONEncoder().encode(names) else { preconditionFailure("texts can be JSON") }
        return String(decoding: json, as: UTF8.self)
    }
}

extension LearningTask {
    /// The task `name` as the metadata of its file describes it; without any it is the preset of that name.
    ///
    /// - Throws: `InvalidFileError` where it is neither described nor a preset, or its description is damaged.
    init(named name: String, describedBy file: SafetensorsFile) throws(InvalidFileError) {
        func damage(_ key: String) -> InvalidFileError {
            InvalidFileError(
                path: file.path, place: "metadata '\(key)'",
                problem: "it is \(quoted(file.metadata[key] ?? "")), which describes no task",
                remedy: "use a file that training has written")
        }
        func choice<Choice: RawRepresentable<String>>(
            _ key: String, _ standard: Choice
        ) throws(InvalidFileError) -> Choice {
            guard let text = file.metadata[key] else { return standard }
            guard let choice = Choice(rawValue: text) else { throw damage(key) }
            return choice
        }
        func names(_ key: String) throws(InvalidFileError) -> [String] {
            guard let text = file.metadata[key] else { return [] }
            guard let list = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else { throw damage(key) }
            return list
        }
        guard LearningTask.isName(name) else {
            throw InvalidFileError(
                path: file.path, problem: "\(quoted(name)) is no name of a task",
                remedy: "rename the file; a name must be \(LearningTask.nameRule)")
        }
        guard let kind = file.metadata["kind"] else {
            guard let preset = LearningTask.preset(name) else {
                throw InvalidFileError(
                    path: file.path, problem: "its metadata does not tell the kind of the task \(name)",
                    remedy: "use a file that training has written; only "
                        + "\(LearningTask.presets.map(\.name).joined(separator: ", ")) are known by their names")
            }
            self = preset
            return
        }
        guard let known = TaskKind(rawValue: kind) else { throw damage("kind") }
        self.init(name, known)
        classNames = try names("class_names")
        channelNames = try names("channel_names")
        scoreRule = try choice("score_by", .pixels)
        skipsEmptySamples = file.metadata["skip_empty"] == "true"
    }
}
