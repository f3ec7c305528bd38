import Checkpoints
import Configuration
import Networks

/// A pretrained filter bank, with the batch norms and shortcuts that it was trained with, and its modulators or adapters.
package struct FilterBank {
    package let configuration: PretrainConfiguration
    /// How many classes the classifier told apart.
    package let classes: Int
    /// Steps that it was trained for.
    package let step: Int
    /// The whole classifier's.
    package let parameters: NetworkParameters
    /// On the validation's pictures.
    package let accuracy: ClassificationAccuracy

    /// Writes the file at `path`, which is there whole or not at all.
    ///
    /// - Throws: `FileSystemError`.
    package func write(to path: String) throws {
        try SafetensorsFile.write(
            to: path, tensors: Classifier.bankTensors(parameters),
            metadata: [
                "backbone": configuration.model.backbone.rawValue, "width": String(configuration.model.width),
                "method": configuration.model.method.rawValue,
                "dataset": configuration.data.dataset.rawValue, "classes": String(classes),
                "iterations": String(step), "top1_accuracy": String(accuracy.top1),
                "top5_accuracy": String(accuracy.top5),
            ])
    }
}
