/// A model on disk: a description, a filter bank that is never rewritten, and one file per task.
///
///     model.yaml               the description, with the bank's SHA-256
///     bank.safetensors         the shared filter bank
///     tasks/TASK.safetensors   what belongs to one task
///
/// There is no list of tasks beside the folder `tasks`, so adding one touches no other file. Tensors are OIHW. Nothing
/// here tells when, where or by how many processes a model was made: equal models have equal bytes.
/// Errors: `FileSystemError` where the system refuses, `InvalidFileError` where the content is wrong.
package struct ModelFolder: Sendable {
    package let path: String
    /// What `model.yaml` says.
    package let modelDescription: ModelDescription

    /// Where the filter bank is.
    package var bankPath: String { path + "/" + ModelFolder.bankName }

    static let descriptionName = "model.yaml"
    static let bankName = "bank.safetensors"
    static let tasksName = "tasks"
    static let taskSuffix = ".safetensors"

    /// Opens the model at `path`, or that of the run there, and verifies the bank against the description by reading all
    /// of it.
    package init(opening given: String) throws {
        let places = [given, given + "/model"]
        guard let path = places.first(where: { Folder.exists("\($0)/\(ModelFolder.descriptionName)") }) else {
            throw InvalidFileError(
                path: given, problem: "there is no model in it (no \(ModelFolder.descriptionName))",
                remedy: "name the folder of a model, or of the run that trained it")
        }
        let yamlPath = "\(path)/\(ModelFolder.descriptionName)"
        let reader = try FileReader(path: yamlPath)
        guard reader.byteCount <= 1 << 16 else {
            throw InvalidFileError(
                path: yamlPath, problem: "it has \(reader.byteCount) bytes and is no model's description",
                remedy: "check that the path is right")
        }
        var yaml = [UInt8]()
        try reader.forEachPiece { yaml += $0 }
        self.path = path
        modelDescription = try ModelDescription(yaml: String(decoding: yaml, as: UTF8.self), path: yamlPath)
        let digest = try SHA256.hexadecimal(ofFile: bankPath)
        guard digest == modelDescription.bankDigest else {
            throw InvalidFileError(
                path: bankPath,
                problem: "its SHA-256 is \(digest), but \(ModelFolder.descriptionName) says "
                    + modelDescription.bankDigest,
                remedy: "restore the bank that the model was made with: no task works with another")
        }
    }

    /// Creates a model without tasks at `path`, with a bank of `tensors`, and opens it.
    ///
    /// A model that is already there is opened, with its tasks, if its description and bank are the same; else it is
    /// refused and stays as it is.
    package static func create(
        at path: String, describedBy description: ModelDescription, bank tensors: [TensorEntry],
        metadata: [String: String] = [:]
    ) throws -> ModelFolder {
        try create(at: path, describedBy: description) { try $0.writeSafetensors(tensors, metadata: metadata) }
    }

    /// The same with a byte-by-byte copy of the bank at `bankPath`.
    package static func create(
        at path: String, describedBy description: ModelDescription, copyingBank bankPath: String
    ) throws -> ModelFolder {
        let bank = try SafetensorsFile(path: bankPath)
        return try create(at: path, describedBy: description) { writer in
            try bank.reader.forEachPiece { try writer.write($0) }
        }
    }

    private static func create(
        at path: String, describedBy description: ModelDescription, bank: (inout FileWriter) throws -> Void
    ) throws -> ModelFolder {
        var description = description
        if Folder.exists(path), try !Folder.names(in: path).isEmpty {
            guard Folder.exists("\(path)/\(descriptionName)") else {
                throw InvalidFileError(
                    path: path, problem: "it is not empty and holds no model", remedy: "choose another folder")
            }
            let existing = try ModelFolder(opening: path)
            description.bankDigest = try FileWriter.digest(reportedAs: existing.bankPath, bank)
            guard existing.modelDescription == description else {
                let isSameBank = existing.modelDescription.bankDigest == description.bankDigest
                throw InvalidFileError(
                    path: path,
                    problem: "it holds a model with another \(isSameBank ? "description" : "filter bank"), "
                        + "which is never rewritten",
                    remedy: "choose another folder for the new model")
            }
            return existing
        }
        try Folder.create(Folder.split(path).folder)
        try AtomicFolder.write(to: path, ifPresent: .refuse) { folder in
            description.bankDigest = try folder.write(bankName, bank)
            try folder.makeFolder(tasksName)
            try folder.write(descriptionName) { try $0.write(description.yaml) }
        }
        return try ModelFolder(opening: path)
    }

    /// Opens the filter bank, whose digest was verified when the model was opened.
    package func bank() throws -> SafetensorsFile {
        try SafetensorsFile(path: bankPath)
    }

    /// The tasks that the model has, sorted by name.
    package func tasks() throws -> [String] {
        let folder = "\(path)/\(ModelFolder.tasksName)"
        // A model without tasks may have lost its empty folder, which version control does not keep.
        guard Folder.exists(folder) else { return [] }
        return try Folder.names(in: folder).filter { $0.first != "." && $0.hasSuffix(ModelFolder.taskSuffix) }
            .map { String($0.dropLast(ModelFolder.taskSuffix.count)) }
    }

    /// Where the file of `task` is, or would be.
    package func taskPath(_ task: String) -> String {
        "\(path)/\(ModelFolder.tasksName)/\(task)\(ModelFolder.taskSuffix)"
    }

    /// Opens the tensors of `task`, after checking that they were made for this bank and method.
    package func task(_ task: String) throws -> SafetensorsFile {
        try checkHas(task)
        let file = try SafetensorsFile(path: taskPath(task))
        for (key, expected) in ownMetadata(task).sorted(by: { $0.key < $1.key }) where file.metadata[key] != expected {
            let found = file.metadata[key].map { "is \(quoted($0))" } ?? "is missing"
            throw InvalidFileError(
                path: file.path, place: "metadata \(quoted(key))",
                problem: "it \(found), needed is \(quoted(expected))",
                remedy: "use a task that was trained with this model")
        }
        return file
    }

    func checkHas(_ task: String) throws {
        let known = try tasks()
        guard known.contains(task) else {
            throw InvalidFileError(
                path: path, problem: "the model has no task \(quoted(task))",
                remedy: known.isEmpty ? "add it first, there are none yet" : "it has \(known.joined(separator: ", "))")
        }
    }

    /// Writes the file of `task` atomically, replacing the task's earlier one, and returns its SHA-256.
    ///
    /// `metadata` (classes and the like) is joined by `format`, `task`, `method` and `bank_sha256`, which are this
    /// folder's to say. The task's name consists of letters, digits, `_`, `-` and `.`.
    @discardableResult
    package func write(task: String, tensors: [TensorEntry], metadata: [String: String] = [:]) throws -> String {
        precondition(ModelDescription.isName(task), "'\(task)' cannot be a task's name")
        try Folder.create("\(path)/\(ModelFolder.tasksName)")
        let own = ownMetadata(task)
        precondition(own.keys.allSatisfy { metadata[$0] == nil }, "\(own.keys.sorted()) are the folder's to say")
        return try SafetensorsFile.write(
            to: taskPath(task), tensors: tensors, metadata: metadata.merging(own) { $1 })
    }

    func ownMetadata(_ task: String) -> [String: String] {
        [
            "format": String(ModelDescription.format), "task": task, "method": modelDescription.method,
            "bank_sha256": modelDescription.bankDigest,
        ]
    }
}
