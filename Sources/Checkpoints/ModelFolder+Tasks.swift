/// Tasks come and go as whole files; nothing else of a model is touched.
extension ModelFolder {
    /// Takes over a task of another model on the same bank: a byte-by-byte copy of its file.
    ///
    /// A task that is already here with the same bytes stays as it is.
    ///
    /// - Throws: `InvalidFileError` where the other model has another bank or network, lacks the task, or where this
    ///   model has the task with other values; `FileSystemError`.
    package func adopt(_ task: String, from other: ModelFolder) throws {
        try checkSameNetwork(as: other)
        let source = try other.task(task)
        if try tasks().contains(task) {
            try Self.checkSame(source, as: self.task(task))
            return
        }
        try Folder.create(Folder.split(taskPath(task)).folder)
        try AtomicFile.write(to: taskPath(task)) { writer in try source.reader.forEachPiece { try writer.write($0) } }
    }

    /// Makes the model at `path` of all tasks of several models on the same bank.
    ///
    /// Everything is checked before anything is written, the values of all tensors too. A model that is there already gains the tasks.
    package static func merge(_ models: [ModelFolder], at path: String) throws -> ModelFolder {
        precondition(!models.isEmpty, "there is nothing to merge")
        var owners: [String: ModelFolder] = [:]
        try models[0].bank().checkValues()
        for model in models {
            try models[0].checkSameNetwork(as: model)
            for task in try model.tasks() {
                let file = try model.task(task)
                try file.checkValues()
                if let owner = owners[task] { try Self.checkSame(file, as: owner.task(task)) }
                owners[task] = model
            }
        }
        let target = try create(at: path, describedBy: models[0].modelDescription, copyingBank: models[0].bankPath)
        for task in try target.tasks() {
            if let owner = owners[task] { try Self.checkSame(owner.task(task), as: target.task(task)) }
        }
        for (task, owner) in owners.sorted(by: { $0.key < $1.key }) { try target.adopt(task, from: owner) }
        return target
    }

    /// Writes a copy of the model to `path`, whole or not at all, in place of a copy that is there. The bank, which is never
    /// rewritten, is the same file where the file system can name it twice.
    ///
    /// - Parameter note: one more file, of this name and with these bytes.
    package func copy(to path: String, adding note: (name: String, bytes: [UInt8])) throws {
        let tasks = try tasks()
        try AtomicFolder.write(to: path, ifPresent: .replace) { folder in
            try folder.writeLink(ModelFolder.bankName, to: bankPath)
            try folder.makeFolder(ModelFolder.tasksName)
            for task in tasks {
                let reader = try FileReader(path: taskPath(task))
                try folder.write("\(ModelFolder.tasksName)/\(task)\(ModelFolder.taskSuffix)") { writer in
                    try reader.forEachPiece { try writer.write($0) }
                }
            }
            try folder.synchronize(ModelFolder.tasksName)
            try folder.write(note.name) { try $0.write(note.bytes) }
            try folder.write(ModelFolder.descriptionName) { try $0.write(modelDescription.yaml) }
        }
    }

    /// Takes the task out of the model; its file, which may be damaged, is gone afterwards.
    package func remove(_ task: String) throws {
        try checkHas(task)
        try Folder.remove(taskPath(task))
        try Folder.synchronize(Folder.split(taskPath(task)).folder)
    }

    private func checkSameNetwork(as other: ModelFolder) throws {
        guard other.modelDescription == modelDescription else {
            let isSameBank = other.modelDescription.bankDigest == modelDescription.bankDigest
            throw InvalidFileError(
                path: other.path,
                problem: isSameBank
                    ? "its \(difference(from: other)) differs from that of \(path)"
                    : "its filter bank is another than that of \(path)",
                remedy: "a task works only with the bank and the network that it was trained with")
        }
    }

    private static func checkSame(_ file: SafetensorsFile, as other: SafetensorsFile) throws {
        guard try SHA256.hexadecimal(ofFile: file.path) == SHA256.hexadecimal(ofFile: other.path) else {
            throw InvalidFileError(
                path: file.path, problem: "\(other.path) is another task of the same name",
                remedy: "remove or rename one of the two")
        }
    }

    /// The first line in which the two descriptions differ.
    private func difference(from other: ModelFolder) -> String {
        func lines(_ folder: ModelFolder) -> [Substring] { folder.modelDescription.yaml.split(separator: "\n") }
        let pair = zip(lines(other), lines(self)).first { $0 != $1 }
        return pair.map { String($0.0.prefix { $0 != ":" }) } ?? "description"
    }
}
