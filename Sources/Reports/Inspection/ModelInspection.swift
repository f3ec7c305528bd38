import Checkpoints

/// What a model holds: its description, its bank, and what each task adds.
package struct ModelInspection: Encodable, Sendable {
    /// A file of the model.
    package struct Row: Encodable, Sendable {
        /// `bank`, or the task.
        package let part: String
        package let tensors: Int
        package let parameters: Int
        package let bytes: Int
        package let sha256: String
        /// The tasks that use it.
        package let usedBy: [String]
        /// How many of its tensors another task has too, element by element: those of a jointly trained backbone.
        package let tensorsOfOthers: Int
    }

    package let path: String
    package let description: [String: String]
    /// The bank first, then the tasks by name.
    package let rows: [Row]
    /// How the numbers of a task add up by what they are for.
    package let kinds: [String: [String: Int]]

    /// Opens the model at `path`, proves its bank, and reads every task.
    ///
    /// - Throws: `FileSystemError`; `InvalidFileError`.
    package init(_ path: String) throws {
        let model = try ModelFolder(opening: path)
        let tasks = try model.tasks()
        for task in tasks { _ = try model.task(task) }
        let bank = try FileInspection(model.bankPath)
        let files = try tasks.map { (task: $0, file: try FileInspection(model.taskPath($0))) }
        var owners: [String: Set<String>] = [:]
        for (task, file) in files {
            for row in file.rows { owners[row.name + row.sha256, default: []].insert(task) }
        }
        func row(_ part: String, _ file: FileInspection, usedBy tasks: [String]) -> Row {
            Row(
                part: part, tensors: file.rows.count, parameters: file.elementCount, bytes: file.bytes,
                sha256: file.sha256, usedBy: tasks,
                tensorsOfOthers: file.rows.count { owners[$0.name + $0.sha256, default: []].count > 1 })
        }
        self.path = path
        description = Dictionary(uniqueKeysWithValues: model.modelDescription.items)
        rows = [row("bank", bank, usedBy: tasks)] + files.map { row($0.task, $0.file, usedBy: [$0.task]) }
        kinds = Dictionary(
            uniqueKeysWithValues: files.map { task, file in
                (task, Dictionary(file.rows.map { (Self.kind($0.name), $0.shape.reduce(1, *)) }, uniquingKeysWith: +))
            })
    }

    /// What a task's tensor is for.
    private static func kind(_ name: String) -> String {
        if ["layer5.", "low_level_reduce.", "concat.", "predict."].contains(where: name.hasPrefix) { return "decoder" }
        if name.contains(".Wt.") { return "modulators" }
        if name.contains(".downsample.conv.") { return "shortcuts" }
        if name.contains("bnorm") { return "batch norms" }
        return "filters"
    }

    package var text: String {
        var lines = [
            path,
            "├─ model.yaml        "
                + description.sorted { $0.key < $1.key }.filter { $0.key != "bank_sha256" && $0.key != "format" }
                .map { "\($0.key) \($0.value)" }.joined(separator: ", "),
        ]
        for (index, row) in rows.enumerated() {
            let branch = index == rows.count - 1 ? "└─" : "├─"
            let name = index == 0 ? "bank.safetensors" : "tasks/\(row.part).safetensors"
            lines.append(
                "\(branch) \(name.padded(to: 32))\(row.tensors) tensors, \(row.parameters) numbers, "
                    + "\(ByteText.of(row.bytes)), SHA-256 \(ByteText.shortDigest(row.sha256))")
            let stem = index == rows.count - 1 ? "   " : "│  "
            if index == 0 {
                let users = row.usedBy.isEmpty ? "no task yet" : row.usedBy.joined(separator: ", ")
                lines.append("\(stem) shared by \(users)")
            } else {
                let kinds = (kinds[row.part] ?? [:]).sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                lines.append("\(stem) " + kinds.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
                if row.tensorsOfOthers > 0 {
                    lines.append("\(stem) \(row.tensorsOfOthers) tensors are the same in another task")
                }
            }
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    /// The text with spaces after it, at least two.
    fileprivate func padded(to count: Int) -> String {
        self + String(repeating: " ", count: max(2, count - self.count))
    }
}
