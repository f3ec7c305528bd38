import Checkpoints
import Configuration
import Foundation
import Graph
import Networks

/// The folder of a run: `config.yaml`, `inputs.json`, `model/` or `bank.safetensors`, `best/` where it is asked for, `checkpoints/STEP/` and
/// what is written beside them.
package struct RunFolder: Sendable {
    package let path: String

    package var configurationPath: String { path + "/config.yaml" }
    package var modelPath: String { path + "/model" }
    /// The model of the best validation, where `output.keep_best` asks for it; a model as `modelPath` is.
    package var bestPath: String { path + "/best" }
    /// Image, truth and prediction of some validation samples.
    package var picturesPath: String { path + "/pictures.png" }
    /// The bank of the best validation of pretraining, where `output.keep_best` asks for it.
    package var bestBankPath: String { path + "/best.safetensors" }
    /// What pretraining ends with; the bank of a model is in the model.
    package var bankPath: String { path + "/bank.safetensors" }
    package var checkpoints: CheckpointFolder { CheckpointFolder(path: path + "/checkpoints") }

    /// Whether the folder holds a run to go on with.
    package let holdsRun: Bool

    /// Looks at the folder of a run with `configuration`, and writes nothing.
    ///
    /// - Parameter resume: whether a run that was started here may go on.
    /// - Throws: `UsageError` where the folder holds something else, or a run that was configured otherwise.
    package init(path: String, configuration: some ConfigurationDocument, resume: Bool) throws {
        self.path = path
        let names = try FileManager.default.fileExists(atPath: path) ? Folder.names(in: path) : []
        holdsRun = names.contains("config.yaml")
        guard names.contains(where: { !$0.hasPrefix(".") }) else { return }
        guard resume else {
            throw UsageError(
                "\(path) is not empty; "
                    + (holdsRun ? "add --resume to go on with the run in it, or " : "") + "choose another --output")
        }
        // A start that was cut off has left a model without tasks, and the next one goes on from there.
        guard holdsRun || names.allSatisfy({ $0.hasPrefix(".") || $0 == "model" }) else {
            throw UsageError("\(path) holds no run (there is no config.yaml in it); choose another --output")
        }
        guard holdsRun else { return }
        let conflicts: [String]
        do {
            conflicts = try Self.conflicts(of: configuration, startedAt: configurationPath)
        } catch let error as ConfigurationError {
            throw UsageError(
                "the configuration that the run wrote is damaged (\(error)); restore \(configurationPath), or choose another "
                    + "--output")
        }
        guard FileManager.default.fileExists(atPath: modelPath) || !(configuration is RunConfiguration) else {
            throw UsageError("\(path) has lost its model; put the folder model back, or choose another --output")
        }
        guard conflicts.isEmpty else {
            throw UsageError(
                "\(path) was started with another configuration: \(conflicts.joined(separator: "; ")); "
                    + "resume with the one in \(configurationPath)")
        }
    }

    /// Makes sure that a run which is there goes on with what it began with.
    ///
    /// - Parameters:
    ///   - names: what the samples are called now: of training, of validation.
    ///   - remedy: how to go on with other data all the same.
    /// - Returns: what to warn of, where the run cannot tell.
    /// - Throws: `UsageError` that names what changed; `InvalidFileError` where the run's record is damaged.
    func check(
        _ inputs: RunInputs, names: (training: [String], validation: [String]), remedy: String
    ) throws -> String? {
        guard holdsRun else { return nil }
        guard let old = try RunInputs(in: path) else {
            return
                "\(path) was begun before runs kept digests of their data: whether lists, classes and files are still the "
                + "same is not checked this time"
        }
        let changes = inputs.changes(since: old, names: names)
        guard changes.isEmpty else {
            throw UsageError(
                "\(path) was begun with other data, and would end with other bits: \(changes.joined(separator: "; ")); "
                    + "put the data back as it was, or \(remedy)")
        }
        return nil
    }

    /// Where the run is this one's already: keeps what it goes on with, where a run of old kept nothing.
    ///
    /// - Parameter begins: whether the run has done no step, so that what it began with before does not count.
    func keep(_ inputs: RunInputs, begins: Bool) throws {
        guard begins || !FileManager.default.fileExists(atPath: "\(path)/\(RunInputs.fileName)") else { return }
        try inputs.write(in: path)
    }

    private static func conflicts<Document: ConfigurationDocument>(
        of configuration: Document, startedAt path: String
    ) throws -> [String] {
        configuration.resumeConflicts(with: try Document.load(path: path))
    }

    /// Keeps the folder, which is made, to this process, as long as what is returned exists.
    ///
    /// - Throws: `UsageError` where another process writes in it, or has begun a run there since it was looked at.
    func claim() throws -> RunLock {
        try Folder.create(path)
        let lock = try RunLock(folder: path)
        guard holdsRun || !FileManager.default.fileExists(atPath: configurationPath) else {
            throw UsageError("another process has just begun a run in \(path); choose another --output")
        }
        return lock
    }

    /// The run in the folder `path`, to look at.
    ///
    /// - Throws: `UsageError` where there is none.
    package init(reading path: String) throws {
        self.path = path
        holdsRun = FileManager.default.fileExists(atPath: path + "/config.yaml")
        guard holdsRun else {
            throw UsageError("\(path) holds no run: there is no config.yaml in it; name the --output of modulor train")
        }
    }

    /// What was validated of the model, and of the best one; nil where nothing was, or in runs of version 0.1.0.
    package var validatedModel: ValidatedModel? { ValidatedModel(in: path) }
    package var bestModel: ValidatedModel? { ValidatedModel(in: bestPath) }

    /// Whether its configuration is one of `modulor pretrain` and none of training.
    package var isPretraining: Bool {
        (try? RunConfiguration.load(path: configurationPath)) == nil
            && (try? PretrainConfiguration.load(path: configurationPath)) != nil
    }

    /// Starts a new run: puts a model without tasks into the folder, which is claimed, and writes the configuration last, so that a
    /// folder with `config.yaml` is always whole.
    ///
    /// - Parameters:
    ///   - bank: the filters, where the configuration names no file of them.
    ///   - hosts: those of the ranks, which the configuration's first line notes.
    package func start(
        _ configuration: RunConfiguration, inputs: RunInputs, bank: ParameterStorage, hosts: [String]
    ) throws -> ModelFolder {
        let description = ModelDescription(configuration.model)
        let model =
            if let file = configuration.model.bank {
                try ModelFolder.create(at: modelPath, describedBy: description, copyingBank: file)
            } else {
                try ModelFolder.create(
                    at: modelPath, describedBy: description, bank: NetworkParameters.tensors(bank, of: bank.values))
            }
        try inputs.write(in: path)
        try write(configuration, hosts: hosts)
        return model
    }

    /// Starts a run of pretraining, which has no model.
    package func start(_ configuration: PretrainConfiguration, inputs: RunInputs, hosts: [String]) throws {
        try inputs.write(in: path)
        try write(configuration, hosts: hosts)
    }

    private func write(_ configuration: some ConfigurationDocument, hosts: [String]) throws {
        let place = hosts.joined(separator: ", ")
        let header = "# The resolved configuration of a run of modulor \(Release.version), started on \(place).\n"
        try AtomicFile.write(to: configurationPath) { try $0.write(header + configuration.yaml()) }
    }
}
