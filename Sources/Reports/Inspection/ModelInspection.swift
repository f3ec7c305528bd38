import Checkpoints
import Graph
import Networks

/// What a model holds: its description, its bank, and what each task adds.
package struct ModelInspection: Encodable, Sendable {
    /// A file of the model.
    package struct Row: Encodable, Sendable {
        /// `bank`, or the task.
        package let part: String
        package let tensors: Int
        /// Numbers that are trained, or of the bank frozen.
        package let parameters: Int
        /// Means and variances of batch norms, which follow the data.
        package let runningStatistics: Int
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
    /// The network in a line.
    private let network: String

    /// Opens the model at `path`, proves its bank, and reads every task.
    ///
    /// - Throws: `FileSystemError`; `InvalidFileError`.
    package init(_ path: String) throws {
        let stored = try StoredModel(opening: path)
        let model = stored.folder
        let tasks = try model.tasks()
        for task in tasks { _ = try model.task(task) }
        let bank = try FileInspection(model.bankPath)
        let files = try tasks.map { (task: $0, file: try FileInspection(model.taskPath($0))) }
        var owners: [String: Set<String>] = [:]
        for (task, file) in files {
            for row in file.rows { owners[row.name + row.sha256, default: []].insert(task) }
        }
        let kinds = try Dictionary(
            uniqueKeysWithValues: files.map { task, file in
                let kinds = Self.kinds(try stored.head(task), of: stored)
                let counts = file.rows.map { (kinds[$0.name] ?? "others", $0.shape.reduce(1, *)) }
                return (task, Dictionary(counts, uniquingKeysWith: +))
            })
        func row(_ part: String, _ file: FileInspection, usedBy tasks: [String]) -> Row {
            let statistics = kinds[part]?[Self.statistics] ?? 0
            return Row(
                part: part, tensors: file.rows.count, parameters: file.elementCount - statistics,
                runningStatistics: statistics, bytes: file.bytes, sha256: file.sha256, usedBy: tasks,
                tensorsOfOthers: file.rows.count { owners[$0.name + $0.sha256, default: []].count > 1 })
        }
        self.path = path
        description = Dictionary(uniqueKeysWithValues: model.modelDescription.items)
        network = model.modelDescription.items.filter { !["format", "bank_sha256"].contains($0.0) }
            .map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        rows = [row("bank", bank, usedBy: tasks)] + files.map { row($0.task, $0.file, usedBy: [$0.task]) }
        self.kinds = kinds
    }

    /// What each tensor of a task is for, by its name.
    private static func kinds(_ head: TaskHead, of model: StoredModel) -> [String: String] {
        let parameters = model.network([head], height: 64, width: 64).graphs[0].parameters
        return Dictionary(
            uniqueKeysWithValues: parameters.map { parameter in
                let kind =
                    switch (parameter.part, parameter.kind) {
                    case _ where parameter.role == .statistic: Self.statistics
                    case (.decoder, _), (.classifier, _): "decoder"
                    case (.backbone, .filter), (.backbone, .bias): "filters"
                    case (.backbone, .modulator): "modulators"
                    case (.backbone, .shortcut): "shortcuts"
                    case (.backbone, .norm): "batch norms"
                    }
                return (parameter.name, kind)
            })
    }

    private static let statistics = "running statistics"
    private static let nameColumns = 32

    /// `network` is for people; programs have `description`.
    private enum CodingKeys: CodingKey {
        case path, description, rows, kinds
    }

    package var text: String {
        var lines = [path, "├─ \("model.yaml".padded(to: Self.nameColumns))\(network)"]
        for (index, row) in rows.enumerated() {
            let branch = index == rows.count - 1 ? "└─" : "├─"
            let name = index == 0 ? "bank.safetensors" : "tasks/\(row.part.printableName).safetensors"
            lines.append(
                "\(branch) \(name.padded(to: Self.nameColumns))\(row.tensors) tensors, "
                    + "\(ByteText.grouped(row.parameters + row.runningStatistics)) numbers, "
                    + "\(ByteText.of(row.bytes)), SHA-256 \(ByteText.shortDigest(row.sha256))")
            let stem = index == rows.count - 1 ? "   " : "│  "
            if index == 0 {
                let users = row.usedBy.map(\.printableName).joined(separator: ", ")
                lines.append("\(stem) shared by \(users.isEmpty ? "no task yet" : users)")
            } else {
                let kinds = (kinds[row.part] ?? [:]).sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                lines.append(
                    "\(stem) " + kinds.map { "\($0.key) \(ByteText.grouped($0.value))" }.joined(separator: ", "))
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
