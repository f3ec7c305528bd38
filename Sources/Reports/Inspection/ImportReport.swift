import Checkpoints
import Networks

/// What became of a pretrained network's file.
package struct ImportReport: Encodable, Sendable {
    package let model: String
    package let from: String
    package let backbone: String
    package let width: Int
    package let method: String
    package let bankSha256: String
    /// The tasks that came whole.
    package let tasks: [String]
    /// What the model did not take over, under the file's names.
    package let leftOver: [String]
    /// Which of several networks in the file was taken; nil where it has one.
    package let networks: String?

    package init(_ network: PretrainedNetwork, model: ModelFolder) {
        let description = model.modelDescription
        self.model = model.path
        from = network.file.path
        (backbone, width, method) = (description.backbone, description.width, description.method)
        bankSha256 = description.bankDigest
        tasks = network.tasks.map(\.head.name)
        leftOver = network.leftOver
        networks = network.networks?.sentence
    }

    package var text: String {
        var lines = [
            "\(model): a \(backbone) of width \(width), method \(method)",
            "bank       SHA-256 \(bankSha256)",
            "tasks      \(tasks.isEmpty ? "none yet; the bank is where they start" : tasks.joined(separator: ", "))",
        ]
        if let networks { lines.append("from       \(networks)") }
        if let line = Self.line(leftOver: leftOver) { lines.append(line) }
        return lines.joined(separator: "\n")
    }

    /// What a file has and no model takes over; nil where that is nothing.
    static func line(leftOver names: [String]) -> String? {
        guard !names.isEmpty else { return nil }
        // A detector has hundreds; programs get them all.
        let most = 12
        let more = names.count > most ? ", and \(names.count - most) more (--json lists them)" : ""
        return "left over  " + names.prefix(most).map(\.printableName).joined(separator: ", ") + more
    }
}
