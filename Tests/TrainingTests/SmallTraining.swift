import Configuration
import ConvolutionEngine
import Datasets
import Graph
import Networks
import Tasks
import TensorCore
import Training

/// Training steps of small networks on drawn parameters, images and labels.
enum SmallTraining {
    static func step(
        _ description: ModelSettings, _ heads: [TaskHead], samples: Int, height: Int, width: Int,
        losses: [LossKind]? = nil, pool: ThreadPool, settings: TrainingSettings = TrainingSettings()
    ) throws -> TrainingStep {
        let network = MultiTaskNetwork(description, heads: heads, height: height, width: width)
        let kinds = try losses ?? heads.map { try LossKind(presetOf: $0.task, channels: $0.channels) }
        var settings = settings
        settings.batch = samples
        let step = try TrainingStep(
            network.graphs, heads: zip(heads, kinds).map { TrainedHead($0.name, loss: $1, weight: 1) },
            settings: settings, kernels: Kernels(.best, choice: .winograd), pool: pool,
            start: .everyRank { $0.fill(initialValue) })
        let image = RandomStream("image")
        for index in 0..<step.inputCount { step.input[index] = 1.5 * image.signed(UInt64(index)) }
        for head in heads { fill(step.labels(of: head.name), head) }
        return step
    }

    static func initialValue(_ parameter: Graph.Parameter) -> [Float] {
        let stream = RandomStream(parameter.name)
        let isScale =
            parameter.name.hasSuffix("running_var") || parameter.name.hasSuffix("weight_g")
            || parameter.name.hasSuffix(".weight")
        let (offset, scale): (Float, Float) =
            parameter.shape.count == 4 && !parameter.name.hasSuffix("weight_g")
            ? (0, (3 / Float(parameter.shape.dropFirst().reduce(1, *))).squareRoot()) : (isScale ? 1 : 0, 0.1)
        return (0..<parameter.count).map { offset + scale * stream.signed(UInt64($0)) }
    }

    /// Labels of which a tenth is unknown.
    static func fill(_ labels: UnsafeMutableBufferPointer<Float>, _ head: TaskHead) {
        let stream = RandomStream("labels of " + head.task.name)
        let channels = head.task.labelChannels
        for pixel in 0..<labels.count / channels {
            guard stream.integer(UInt64(2 * pixel), below: 10) > 0 else {
                for channel in 0..<channels { labels[pixel * channels + channel] = head.task.unknownLabel }
                continue
            }
            let place = UInt64(2 * pixel + 1)
            switch head.task.kind {
            case .classes: labels[pixel] = Float(stream.integer(place, below: head.channels))
            case .score: labels[pixel] = Float(stream.integer(place, below: 2))
            case .distance: labels[pixel] = 1 + 9 * stream.unit(place)
            case .value:
                for channel in 0..<channels { labels[pixel * channels + channel] = stream.signed(place) }
            case .direction:
                for channel in 0..<3 { labels[pixel * 3 + channel] = [0.6, 0, -0.8][(pixel + channel) % 3] }
            }
        }
    }
}
