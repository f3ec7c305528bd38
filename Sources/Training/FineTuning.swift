import Collectives
import Configuration
import Foundation
import Networks

extension RunConfiguration {
    /// The configuration with the network and the bank of the weights that it starts from, if it names any (`model.from`).
    /// All ranks call this together; the first one reads the files.
    ///
    /// - Parameter path: the folder of a run that may be resumed. A run that is there keeps its own network, and needs the
    ///   weights no longer.
    /// - Throws: `InvalidFileError` and `FileSystemError` where the weights cannot be used.
    package func startingFromWeights(resuming path: String?, team: RankTeam = RankTeam()) throws -> RunConfiguration {
        guard let from = model.from else { return self }
        let resolved = try team.fromFirst { () throws -> String in
            var resolved = self
            if let path, FileManager.default.fileExists(atPath: path + "/config.yaml") {
                let started = try RunConfiguration.load(path: path + "/config.yaml")
                guard started.model.from == from else { return resolved.yaml() }
                resolved.model = started.model
            } else {
                resolved.model = try StartingWeights(opening: from).model.settings(for: model)
                resolved.model.from = from
            }
            return resolved.yaml()
        }
        return try RunConfiguration.parse(resolved, file: from)
    }
}
