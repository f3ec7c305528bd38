import Checkpoints
import Configuration
import Foundation
import Graph
import Networks

/// The folder of a run: `config.yaml`, `model/`, `checkpoints/STEP/` and what is written beside them.
package struct RunFolder: Sendable {
    package let path: String

    package var configurationPath: String { path + "/config.yaml" }
    package var modelPath: String { path + "/model" }
    package var checkpoints: CheckpointFolder { CheckpointFolder(path: path + "/checkpoints") }

    /// Whether the folder holds a run to go on with.
    package let holdsRun: Bool

    /// Looks at the folder of a run with `configuration`, and writes nothing.
    ///
    /// - Parameter resume: whether a run that was started here may go on.
    /// - Throws: `UsageError` where the folder holds something else, or a run that was configured otherwise.
    package init(path: String, configuration: RunConfiguration, resume: Bool) throws {
        self.path = path
        let names = try FileManager.default.fileExists(atPath: path) ? Folder.names(in: path) : []
        holdsRun = names.contains("config.yaml")
        guard names.contains(where: { !$0.hasPrefix(".") }) else { return }
        guard resume else {
            throw UsageError(
                "\(path) is not empty; add --resume to go on with the run in it, or choose another --output")
        }
        guard holdsRun else {
            throw UsageError("\(path) holds no run (there is no config.yaml in it); choose another --output")
        }
        let started = try RunConfiguration.load(path: configurationPath)
        let conflicts = configuration.resumeConflicts(with: started)
        guard conflicts.isEmpty else {
            throw UsageError(
                "\(path) was started with another configuration: \(conflicts.joined(separator: "; ")); "
                    + "resume with the one in \(configurationPath)")
        }
    }

    /// Starts a new run: makes the folder, with a model without tasks, and writes the configuration last, so that a
    /// folder with `config.yaml` is always whole.
    ///
    /// - Parameter bank: the filters, where the configuration names no file of them.
    package func start(_ configuration: RunConfiguration, bank: ParameterStorage) throws -> ModelFolder {
        try Folder.create(path)
        let settings = configuration.model
        let description = ModelDescription(settings)
        let model =
            if let file = settings.bank {
                try ModelFolder.create(at: modelPath, describedBy: description, copyingBank: file)
            } else {
                try ModelFolder.create(
                    at: modelPath, describedBy: description, bank: NetworkParameters.tensors(bank, of: bank.values))
            }
        try AtomicFile.write(to: configurationPath) { try $0.write(Self.header + configuration.yaml()) }
        return model
    }

    private static var header: String {
        """
        # The resolved configuration of a run of modulor.
        # host: \(ProcessInfo.processInfo.hostName)

        """
    }
}
