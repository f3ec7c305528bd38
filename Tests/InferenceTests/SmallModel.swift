import Checkpoints
import Configuration
import Datasets
import Foundation
import Inference
import Networks
import TensorCore

/// A model with random values, batch-norm statistics included, that runs in milliseconds.
enum SmallModel {
    static let heads = [
        TaskHead(.depth, channels: 1), TaskHead(.edge, channels: 1), TaskHead(.normals, channels: 3),
        TaskHead(.semseg, channels: 5),
    ]

    static func settings(
        _ backbone: ModelSettings.Backbone = .resnet18, _ method: ModelSettings.Method = .rcm, outputStride: Int = 16
    ) -> ModelSettings {
        ModelSettings(backbone: backbone, width: 8, outputStride: outputStride, method: method, aspp: 12, low: 6)
    }

    @discardableResult
    static func write(
        to path: String, _ settings: ModelSettings = settings(), heads: [TaskHead] = heads
    ) throws -> StoredModel {
        let network = MultiTaskNetwork(settings, heads: heads, height: 32, width: 32)
        let parameters = NetworkParameters(network.graphs, training: false)
        for storage in parameters.storages {
            for entry in storage.layout.entries {
                let stream = RandomStream(entry.parameter.name)
                let isFilter = entry.parameter.shape.count == 4 && entry.parameter.shape[1] > 1
                let isZero = entry.parameter.name.hasSuffix("bias") || entry.parameter.name.hasSuffix("mean")
                let scale =
                    isFilter ? (3 / Float(entry.parameter.shape.dropFirst().reduce(1, *))).squareRoot() : Float(0.2)
                storage.write(
                    (0..<entry.parameter.count).map {
                        (isFilter || isZero ? 0 : 1) + scale * stream.signed(UInt64($0))
                    }, to: entry, in: storage.values)
            }
        }
        let folder = try ModelFolder.create(
            at: path,
            describedBy: ModelDescription(
                backbone: settings.backbone.rawValue, width: settings.width, outputStride: settings.outputStride,
                method: settings.method.rawValue, normalizedFusion: settings.normalizedFeatureFusion,
                asppChannels: settings.aspp, lowLevelChannels: settings.low),
            bank: NetworkParameters.tensors(parameters.bank, of: parameters.bank.values))
        for head in heads {
            try folder.write(
                task: head.name, tensors: parameters.tensors(ofTask: head.name, in: network.graphs),
                metadata: head.metadata)
        }
        return try StoredModel(opening: path)
    }

    /// A picture of smooth colours with edges.
    static func image(height: Int, width: Int, channels: Int = 3) -> ImageFile {
        ImageFile(
            height: height, width: width, channels: channels,
            bytes: (0..<height * width * channels).map { index in
                let (row, column) = (index / channels / width, index / channels % width)
                let inside = (row / 9 + column / 13) % 2 == 0
                return UInt8((row * 3 + column * 2 + index % channels * 60) % 200 + (inside ? 50 : 0))
            })
    }
}

extension Predictor.Prediction {
    /// All answers, each in one piece.
    var maps: [(head: TaskHead, map: PixelMap)] {
        get throws {
            try answers.map { answer in
                var values: [Float] = []
                try answer.forEachBand { values += $0 }
                return (
                    answer.head,
                    PixelMap(
                        height: answer.height, width: answer.width, channels: answer.head.channels, values: values)
                )
            }
        }
    }
}
