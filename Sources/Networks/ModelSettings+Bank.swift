import Checkpoints
import Configuration

extension ModelSettings {
    /// The network that a bank belongs to, as far as its tensors tell: backbone and width.
    ///
    /// - Throws: `InvalidFileError` where they are no ResNet's.
    package init(ofBank bank: SafetensorsFile) throws(InvalidFileError) {
        self.init()
        guard let stem = bank.tensor("bn1.bnorm.weight"), stem.shape.count == 1, Self.widths.contains(stem.shape[0])
        else {
            throw InvalidFileError(
                path: bank.path, place: "tensor 'bn1.bnorm.weight'",
                problem: "it is missing or no vector, so this is no filter bank with its batch norms",
                remedy: "use a file that modulor pretrain or modulor initialize wrote")
        }
        width = stem.shape[0]
        func has(_ convolution: String) -> Bool { bank.tensor(convolution + ResNet.filterSuffix) != nil }
        backbone = has("layer1.0.conv3") ? .resnet50 : has("layer1.2.conv1") ? .resnet34 : .resnet18
    }
}
