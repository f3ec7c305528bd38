/// The checkpoints of one run: `STEP/` folders, each written aside and renamed, each with its checksums.
///
///     checkpoints/00000200/state.safetensors
///     checkpoints/00000200/…
///     checkpoints/00000200/checksums      SHA-256 per file, for `sha256sum -c checksums` too
///
/// One process writes here at a time. Nothing tells when, where or by how many processes a checkpoint was made.
package struct CheckpointFolder: Sendable {
    /// A file of a checkpoint: its name and its tensors.
    package struct File {
        package let name: String
        package let tensors: [TensorEntry]
        package let metadata: [String: String]

        /// The name consists of letters, digits, `_`, `-` and `.`, and is not `checksums`.
        package init(_ name: String, tensors: [TensorEntry], metadata: [String: String] = [:]) {
            precondition(
                ModelDescription.isName(name) && name != Checkpoint.checksumsName,
                "'\(name)' cannot be a file of a checkpoint")
            self.name = name
            self.tensors = tensors
            self.metadata = metadata
        }
    }

    /// A checkpoint that must not be used, and why.
    package struct Damage: Sendable {
        package let step: Int
        package let path: String
        package let reason: any Error
    }

    package let path: String

    /// The checkpoints at `path`, which is created when the first one is written.
    package init(path: String) {
        self.path = path
    }

    /// Where the checkpoint of `step` is, or would be. Eight digits, more where needed.
    package func checkpointPath(step: Int) -> String {
        let digits = String(step)
        return "\(path)/\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits)"
    }

    /// The checkpoint in the folder `path`, verified; nil where there is none.
    ///
    /// - Throws: `InvalidFileError` where it is damaged; `FileSystemError`.
    package static func checkpoint(at path: String) throws -> Checkpoint? {
        guard Folder.exists("\(path)/\(Checkpoint.checksumsName)") else { return nil }
        return try Checkpoint(verifying: path, step: Int(Folder.split(path).name) ?? 0)
    }

    /// The newest checkpoint before `step`, which is not verified; nil where there is none.
    package func newestPath(before step: Int) -> String? {
        ((try? steps()) ?? []).last { $0 < step }.map(checkpointPath)
    }

    /// Writes the checkpoint of `step` atomically, replacing one of the same step, which only a damaged one should be.
    ///
    /// On failure nothing is left behind and all other checkpoints stay. Throws `FileSystemError`, or what a producing
    /// closure of a tensor throws.
    package func write(step: Int, files: [File]) throws {
        precondition(step >= 0 && !files.isEmpty, "a checkpoint has a step and files")
        precondition(Set(files.map(\.name)).count == files.count, "two files of a checkpoint have one name")
        try Folder.create(path)
        try AtomicFolder.write(to: checkpointPath(step: step), ifPresent: .replace) { folder in
            var digests: [String: String] = [:]
            for file in files {
                digests[file.name] = try folder.write(file.name) { writer in
                    try writer.writeSafetensors(file.tensors, metadata: file.metadata)
                }
            }
            try folder.write(Checkpoint.checksumsName) { try $0.write(Checkpoint.checksums(digests)) }
        }
    }

    /// The newest checkpoint that is whole, and the newer ones that are not, newest first. Reads all their bytes.
    ///
    /// No checkpoint at all, or no folder, is no error; a folder that cannot be listed is.
    package func latestValid() throws -> (checkpoint: Checkpoint?, damaged: [Damage]) {
        let (valid, damaged) = try newestValid(1)
        return (valid.first, damaged)
    }

    /// Removes the checkpoints that are older than the newest `count` whole ones, and what killed writers left.
    ///
    /// Damaged ones do not count, so that bad disks never cost the last good checkpoint: all that is kept is verified.
    package func prune(keeping count: Int) throws {
        precondition(count > 0, "at least one checkpoint must be kept")
        let valid = try newestValid(count).valid
        guard valid.count == count, let oldest = valid.last else { return }
        for step in try steps() where step < oldest.step {
            try Folder.remove(checkpointPath(step: step))
        }
        for name in try Folder.names(in: path) where Aside.isPlace(name) {
            try Folder.remove("\(path)/\(name)")
        }
    }

    /// Every checkpoint, oldest first: whole, or why it must not be used. Reads all their bytes.
    package func all() throws -> [(step: Int, checkpoint: Result<Checkpoint, any Error>)] {
        try steps().map { step in
            (step, Result { try Checkpoint(verifying: checkpointPath(step: step), step: step) })
        }
    }

    private func newestValid(_ count: Int) throws -> (valid: [Checkpoint], damaged: [Damage]) {
        var valid: [Checkpoint] = []
        var damaged: [Damage] = []
        for step in try steps().reversed() where valid.count < count {
            let path = checkpointPath(step: step)
            do {
                valid.append(try Checkpoint(verifying: path, step: step))
            } catch {
                damaged.append(Damage(step: step, path: path, reason: error))
            }
        }
        return (valid, damaged)
    }

    /// The steps that have a folder, ascending; other names are not ours.
    private func steps() throws -> [Int] {
        guard Folder.exists(path) else { return [] }
        return try Folder.names(in: path).compactMap { name in
            guard let step = Int(name), step >= 0, checkpointPath(step: step) == "\(path)/\(name)" else { return nil }
            return step
        }.sorted()
    }
}
