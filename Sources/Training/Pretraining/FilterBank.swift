import Checkpoints
import Configuration
import Networks

/// A pretrained filter bank, with the batch norms and shortcuts that it was trained with, and its modulators or adapters.
package struct FilterBank {
    package let configuration: PretrainConfiguration
    /// How many classes the classifier told apart.
    package let classes: Int
    /// The whole classifier's.
    package let parameters: NetworkParameters
    /// On the validation's pictures.
    package let accuracy: ClassificationAccuracy

    /// The first tensor that holds an infinity or what is no number; nil in a sound bank.
    var nonFiniteTensor: String? {
        for storage in parameters.storages {
            for entry in storage.layout.entries
            where !storage.read(entry, from: storage.values).allSatisfy(\.isFinite) { return entry.parameter.name }
        }
        return nil
    }

    /// Makes the folder of a run, which must be new or empty.
    ///
    /// - Throws: `UsageError` where something is in it; `FileSystemError`.
    package static func claim(run folder: String) throws {
        try Folder.create(folder)
        guard try Folder.names(in: folder).isEmpty else {
            throw UsageError("\(folder) is not empty; choose another --output, or empty it")
        }
    }

    /// Writes `bank.safetensors` and the resolved configuration, `config.yaml`, into the folder of a run; each is
    /// there whole or not at all.
    ///
    /// - Returns: the path of the bank.
    package func write(toRun folder: String) throws -> String {
        try AtomicFile.write(to: folder + "/config.yaml") { try $0.write(configuration.yaml()) }
        let path = folder + "/bank.safetensors"
        try SafetensorsFile.write(
            to: path, tensors: Classifier.bankTensors(parameters),
            metadata: [
                "backbone": configuration.model.backbone.rawValue, "width": String(configuration.model.width),
                "method": configuration.model.method.rawValue,
                "dataset": configuration.data.dataset.rawValue, "classes": String(classes),
                "iterations": String(configuration.training.iterations), "top1_accuracy": String(accuracy.top1),
                "top5_accuracy": String(accuracy.top5),
            ])
        return path
    }
}
