import Configuration
import ConvolutionEngine
import Graph

/// The decoder of DeepLab-v3+ (Chen et al., "Encoder-Decoder with Atrous Separable Convolution for Semantic Image
/// Segmentation", ECCV 2018, arXiv 1802.02611), one per task, with plain convolutions as in the paper's official code.
///
/// Spatial pyramid: 1×1, three dilated 3×3 and a global branch; then the low-level features (stride 4) join, two 3×3
/// convolutions follow, and the prediction is resized to the image.
struct DeepLabDecoder {
    let model: ModelSettings
    let head: TaskHead

    func prediction(
        low: Graph.Value, high: Graph.Value, image: Graph.Value, in graph: inout Graph
    ) -> Graph.Value {
        let task = head.name
        let pyramid = "layer5.\(task)"
        let depth = model.aspp
        let rates = model.outputStride == 16 ? [6, 12, 18] : [12, 24, 36]
        var branches = [
            unit(high, depth, convolution: "\(pyramid).conv2d_list.0.0", norm: "\(pyramid).conv2d_list.0.1", in: &graph)
        ]
        for (index, rate) in rates.enumerated() {
            let name = "\(pyramid).conv2d_list.\(index + 1)"
            branches.append(
                unit(
                    high, depth, kernelSize: 3, dilation: rate, convolution: "\(name).0", norm: "\(name).1", in: &graph)
            )
        }
        let pooled = unit(
            graph.globalAveragePool(high), depth, convolution: "\(pyramid).conv2d_list.4.1",
            norm: "\(pyramid).conv2d_list.4.2", in: &graph)
        branches.append(graph.resize(pooled, like: high))
        var value = unit(
            graph.concatenate(branches), depth, convolution: "\(pyramid).conv2d_final.0",
            norm: "\(pyramid).conv2d_final.1", in: &graph)
        let detail = unit(
            low, model.low, convolution: "low_level_reduce.\(task).0",
            norm: "low_level_reduce.\(task).1", in: &graph)
        value = graph.concatenate([graph.resize(value, like: low), detail])
        value = unit(value, depth, kernelSize: 3, convolution: "concat.\(task).0", norm: "concat.\(task).1", in: &graph)
        value = unit(value, depth, kernelSize: 3, convolution: "concat.\(task).3", norm: "concat.\(task).4", in: &graph)
        let geometry = ConvolutionGeometry(inputChannels: depth, outputChannels: head.channels)
        let weight = graph.parameter("predict.\(task).weight", shape: [head.channels, depth, 1, 1], role: .trained)
        let bias = graph.parameter("predict.\(task).bias", shape: [head.channels], role: .trained)
        value = graph.convolution(value, geometry, filter: .parameter(weight), bias: bias)
        value = graph.resize(value, like: image)
        return head.task.kind.hasUnitLength ? graph.unitLength(value) : value
    }

    /// Convolution, batch normalization, ReLU; the size stays.
    private func unit(
        _ input: Graph.Value, _ outputs: Int, kernelSize: Int = 1, dilation: Int = 1, convolution: String, norm: String,
        in graph: inout Graph
    ) -> Graph.Value {
        let inputs = graph.shape(of: input).channels
        let geometry = ConvolutionGeometry(
            inputChannels: inputs, outputChannels: outputs, kernelSize: kernelSize,
            padding: dilation * (kernelSize / 2), dilation: dilation)
        let filter = graph.parameter(
            "\(convolution).weight", shape: [outputs, inputs, kernelSize, kernelSize], role: .trained)
        let response = graph.convolution(input, geometry, filter: .parameter(filter))
        return graph.relu(
            graph.batchNormalization(response, graph.batchNormalizationParameters(norm, channels: outputs)))
    }
}
