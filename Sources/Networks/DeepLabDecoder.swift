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
        let depth = model.aspp
        let rates = model.outputStride == 16 ? [6, 12, 18] : [12, 24, 36]
        func pyramid(_ submodule: String) -> Graph.Parameter.Module { module("layer5", submodule) }
        var branches = [
            unit(high, depth, convolution: pyramid("conv2d_list.0.0"), norm: pyramid("conv2d_list.0.1"), in: &graph)
        ]
        for (index, rate) in rates.enumerated() {
            let name = "conv2d_list.\(index + 1)"
            branches.append(
                unit(
                    high, depth, kernelSize: 3, dilation: rate, convolution: pyramid(name + ".0"),
                    norm: pyramid(name + ".1"), in: &graph))
        }
        let pooled = unit(
            graph.globalAveragePool(high), depth, convolution: pyramid("conv2d_list.4.1"),
            norm: pyramid("conv2d_list.4.2"), in: &graph)
        branches.append(graph.resize(pooled, like: high))
        var value = unit(
            graph.concatenate(branches), depth, convolution: pyramid("conv2d_final.0"), norm: pyramid("conv2d_final.1"),
            in: &graph)
        let detail = unit(
            low, model.low, convolution: module("low_level_reduce", "0"), norm: module("low_level_reduce", "1"),
            in: &graph)
        value = graph.concatenate([graph.resize(value, like: low), detail])
        for place in [0, 3] {
            value = unit(
                value, depth, kernelSize: 3, convolution: module("concat", "\(place)"),
                norm: module("concat", "\(place + 1)"), in: &graph)
        }
        let geometry = ConvolutionGeometry(inputChannels: depth, outputChannels: head.channels)
        let last = Self.lastLayer(of: head.name)
        let weight = graph.add(filter(geometry, in: last))
        let bias = graph.add(
            Graph.Parameter(
                last, "bias", shape: [head.channels], role: .trained, part: .decoder, kind: .bias,
                start: .zeros))
        value = graph.convolution(value, geometry, filter: .parameter(weight), bias: bias)
        value = graph.resize(value, like: image)
        return head.task.kind.hasUnitLength ? graph.unitLength(value) : value
    }

    /// The 1×1 convolution that predicts, the only part whose shape follows from the classes or channels of the task. Its
    /// parameters are `weight` and `bias`.
    static func lastLayer(of task: String) -> Graph.Parameter.Module {
        Graph.Parameter.Module("predict", owner: .task(task))
    }

    private func module(_ path: String, _ submodule: String = "") -> Graph.Parameter.Module {
        Graph.Parameter.Module(path, owner: .task(head.name), submodule: submodule)
    }

    private func filter(_ geometry: ConvolutionGeometry, in module: Graph.Parameter.Module) -> Graph.Parameter {
        Graph.Parameter(
            module, "weight",
            shape: [geometry.outputChannels, geometry.inputChannels, geometry.kernelSize, geometry.kernelSize],
            role: .trained, part: .decoder, kind: .filter, start: .heUniform)
    }

    /// Convolution, batch normalization, ReLU; the size stays.
    private func unit(
        _ input: Graph.Value, _ outputs: Int, kernelSize: Int = 1, dilation: Int = 1,
        convolution: Graph.Parameter.Module, norm: Graph.Parameter.Module, in graph: inout Graph
    ) -> Graph.Value {
        let geometry = ConvolutionGeometry(
            inputChannels: graph.shape(of: input).channels, outputChannels: outputs, kernelSize: kernelSize,
            padding: dilation * (kernelSize / 2), dilation: dilation)
        let weight = graph.add(filter(geometry, in: convolution))
        let response = graph.convolution(input, geometry, filter: .parameter(weight))
        return graph.relu(
            graph.batchNormalization(
                response, graph.batchNormalizationParameters(norm, part: .decoder, channels: outputs, model.decoderNorm)
            ))
    }
}
