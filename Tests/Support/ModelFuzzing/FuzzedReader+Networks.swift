import Checkpoints
import Configuration
import Fuzzing
import Networks

extension FuzzedReader {
    /// Networks that were trained elsewhere: what of a file becomes a model. Nothing is written.
    static var pretrainedNetwork: FuzzedReader {
        // A network's description takes some hundreds of bytes for each of its tensors.
        FuzzedReader(
            "pretrained-network", seeds: networks, near: 1 << 15, allowance: { 1 << 20 + 128 * $0 },
            isRefusal: isInvalidFile
        ) { bytes in
            let network = try PretrainedNetwork(TensorFiles.open(bytes, path: "damaged"))
            let bank = network.bankTensors
            for tensor in bank.tensors {
                let values = try bank.floats(tensor.name, shape: tensor.shape)
                try require(values.count <= bytes.count, "\(tensor.name) has \(values.count) values")
            }
            let settings = network.settings
            try require(min(settings.width, settings.aspp, settings.low) > 0, "a network without channels")
        }
    }

    /// The smallest networks there are: backbones under torchvision's names, and with modulators under ours; a task
    /// under the official code's names, and one whose decoder may claim any size, as it has no elements.
    private static var networks: [[UInt8]] {
        func backbone(_ method: ModelSettings.Method) -> [(name: String, shape: [Int])] {
            let classifier = Classifier(
                backbone: .resnet18, width: 1, method: method, classes: 1, height: 32, width: 32)
            return classifier.graph.parameters.map { (name: $0.name, shape: $0.shape) }
        }
        let task = MultiTaskNetwork(
            ModelSettings(width: 1, aspp: 1, low: 1), heads: [TaskHead(.depth, channels: 1)], height: 64, width: 64
        ).graphs[0].parameters.map { (name: $0.name, shape: $0.shape) }
        let unbounded = ["predict.depth.weight": [1, 1, 0, 1], "low_level_reduce.depth.0.weight": [1, 0, 1, 1]]
        let builder = PickleBuilder()
        return [
            builder.file(backbone(.conv).map { (name: torchvisionName($0.name), shape: $0.shape) }),
            builder.file(backbone(.rcm)), builder.file(task),
            builder.file(task.map { (name: $0.name, shape: unbounded[$0.name] ?? $0.shape) }),
        ]
    }

    private static func torchvisionName(_ name: String) -> String {
        name.replacing(".downsample.conv.conv.", with: ".downsample.0.")
            .replacing(".downsample.bnorm.bnorm.", with: ".downsample.1.").replacing(".Ws.", with: ".")
            .replacing(".bnorm.", with: ".")
    }
}
