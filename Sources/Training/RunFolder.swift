import Checkpoints
import Configuration
import Foundation

/// The folder of a run: `config.yaml`, `model/`, `checkpoints/STEP/` and what is written beside them.
package struct RunFolder: Sendable {
    package let path: String

    package var configurationPath: String { path + "/config.yaml" }
    package var modelPath: String { path + "/model" }
    package var checkpoints: CheckpointFolder { CheckpointFolder(path: path + "/checkpoints") }

    /// Opens the folder for a run with `configuration`, and writes it there when the run is new.
    ///
    /// - Parameter resume: whether a run that was started here may go on.
    /// - Throws: `UsageError` where the folder holds something else, or a run that was configured otherwise.
    package init(path: String, configuration: RunConfiguration, resume: Bool) throws {
        self.path = path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard names.contains(where: { !$0.hasPrefix(".") }) else {
            try AtomicFile.write(to: prepared(configurationPath)) { writer in
                try writer.write(Self.header + configuration.yaml())
            }
            return
        }
        guard resume else {
            throw UsageError(
                "\(path) is not empty; add --resume to go on with the run in it, or choose another --output")
        }
        guard names.contains("config.yaml") else {
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

    /// Makes the folder that `file` will stand in.
    private func prepared(_ file: String) throws -> String {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw UsageError(
                "cannot make the folder \(path): choose an --output that can be written to (\(error.localizedDescription))"
            )
        }
        return file
    }

    private static var header: String {
        """
        # The resolved configuration of a run of modulor.
        # host: \(ProcessInfo.processInfo.hostName)

        """
    }
}
