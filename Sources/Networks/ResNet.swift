import Configuration
import ConvolutionEngine
import Graph

/// ResNet-18, 34 and 50 (He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, arXiv 1512.03385), with
/// dilated last stages (Chen et al., arXiv 1706.05587) for dense predictions, without its classifier.
///
/// Bottlenecks have their stride in the 3×3 convolution. Every convolution but the shortcuts' is reparameterized;
/// shortcuts are trained by each task. Parameters have the names of the paper's official code.
struct ResNet {
    let model: ModelSettings
    /// The task whose modulators, batch norms and shortcuts are used. Without one everything is trained, the bank too,
    /// and no name has a task: method `conv`, and pretraining with any method.
    let task: String?
    /// How many filters the bank has; only `rcm` can have others than outputs.
    let components: BankComponents
    private var suffix: String { task.map { "." + $0 } ?? "" }

    /// How the names of a bank's filters and, without a task, of their modulators end.
    static let filterSuffix = ".Ws.weight"
    static let modulatorSuffix = ".Wt.weight"

    init(_ model: ModelSettings, task: String?, components: BankComponents = .all) {
        precondition(model.method.hasBank || task == nil, "a task's network needs a bank")
        self.model = model
        self.task = task
        self.components = components
    }

    /// The stride of each stage's first block and the dilation of all its blocks. Stride 32 is the classifier's that
    /// the paper of ResNet has; dense predictions trade the last strides for dilation.
    private var stages: (strides: [Int], dilations: [Int]) {
        switch model.outputStride {
        case 32: ([1, 2, 2, 2], [1, 1, 1, 1])
        case 16: ([1, 2, 2, 1], [1, 1, 1, 2])
        case 8: ([1, 2, 1, 1], [1, 1, 2, 4])
        default: preconditionFailure("there is no ResNet of output stride \(model.outputStride)")
        }
    }

    /// - Returns: the features at stride 4 (the first stage's output) and the last stage's output.
    func features(_ image: Graph.Value, in graph: inout Graph) -> (low: Graph.Value, high: Graph.Value) {
        let width = model.width
        let stem = ConvolutionGeometry(
            inputChannels: graph.shape(of: image).channels, outputChannels: width, kernelSize: 7, stride: 2, padding: 3)
        var value = reparameterized(image, stem, "conv1", in: &graph)
        value = graph.relu(normalized(value, "bn1", in: &graph))
        value = graph.maxPool(value, size: 3, stride: 2, padding: 1)
        let (strides, dilations) = stages
        var low = value
        for (stage, blocks) in model.backbone.blocks.enumerated() {
            for block in 0..<blocks {
                value = self.block(
                    value, channels: width << stage, stride: block == 0 ? strides[stage] : 1,
                    dilation: dilations[stage], name: "layer\(stage + 1).\(block)", in: &graph)
            }
            if stage == 0 { low = value }
        }
        return (low, value)
    }

    private func block(
        _ input: Graph.Value, channels: Int, stride: Int, dilation: Int, name: String, in graph: inout Graph
    ) -> Graph.Value {
        let inputChannels = graph.shape(of: input).channels
        let outputChannels = channels * model.backbone.expansion
        func three(_ inputs: Int, stride: Int) -> ConvolutionGeometry {
            ConvolutionGeometry(
                inputChannels: inputs, outputChannels: channels, kernelSize: 3, stride: stride, padding: dilation,
                dilation: dilation)
        }
        let geometries =
            model.backbone.expansion == 1
            ? [three(inputChannels, stride: stride), three(channels, stride: 1)]
            : [
                ConvolutionGeometry(inputChannels: inputChannels, outputChannels: channels),
                three(channels, stride: stride),
                ConvolutionGeometry(inputChannels: channels, outputChannels: outputChannels),
            ]
        var value = input
        for (index, geometry) in geometries.enumerated() {
            value = reparameterized(value, geometry, "\(name).conv\(index + 1)", in: &graph)
            value = normalized(value, "\(name).bn\(index + 1)", in: &graph)
            if index < geometries.count - 1 { value = graph.relu(value) }
        }
        var shortcut = input
        if stride != 1 || inputChannels != outputChannels {
            let geometry = ConvolutionGeometry(
                inputChannels: inputChannels, outputChannels: outputChannels, stride: stride)
            let filter = graph.parameter(
                "\(name).downsample.conv.conv\(suffix).weight", shape: [outputChannels, inputChannels, 1, 1],
                role: .trained)
            shortcut = graph.convolution(input, geometry, filter: .parameter(filter))
            shortcut = normalized(shortcut, "\(name).downsample.bnorm", in: &graph)
        }
        return graph.relu(graph.add(value, shortcut))
    }

    /// Batch normalization of the task.
    private func normalized(_ input: Graph.Value, _ name: String, in graph: inout Graph) -> Graph.Value {
        graph.batchNormalization(
            input,
            graph.batchNormalizationParameters("\(name).bnorm\(suffix)", channels: graph.shape(of: input).channels))
    }

    /// A convolution of the backbone in the form of the method.
    private func reparameterized(
        _ input: Graph.Value, _ geometry: ConvolutionGeometry, _ name: String, in graph: inout Graph
    ) -> Graph.Value {
        let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
        let filterName = name + Self.filterSuffix
        let filters = model.method == .rcm ? components.count(of: filterName, outputs: outputs) : outputs
        let bank = graph.parameter(
            filterName, shape: [filters, inputs, geometry.kernelSize, geometry.kernelSize],
            role: task == nil ? .trained : .bank)
        var bankGeometry = geometry
        bankGeometry.outputChannels = filters
        let response = graph.convolution(input, bankGeometry, filter: .parameter(bank))
        let fusion = ConvolutionGeometry(inputChannels: filters, outputChannels: outputs)
        func modulator(inputs: Int) -> Graph.Filter {
            .parameter(
                graph.parameter("\(name).Wt\(suffix).weight", shape: [outputs, inputs, 1, 1], role: .trained))
        }
        switch model.method {
        case .conv:
            return response
        case .rcm where model.normalizedFeatureFusion:
            let direction = graph.parameter(
                "\(name).Wt\(suffix).weight_v", shape: [outputs, filters, 1, 1], role: .trained)
            let gain = graph.parameter("\(name).Wt\(suffix).weight_g", shape: [outputs, 1, 1, 1], role: .trained)
            return graph.convolution(response, fusion, filter: .normalizedRows(direction: direction, gain: gain))
        case .rcm:
            return graph.convolution(response, fusion, filter: modulator(inputs: filters))
        case .seriesAdapters:
            let normalizedResponse = normalized(response, "\(name).bnorm", in: &graph)
            return graph.add(
                response, graph.convolution(normalizedResponse, fusion, filter: modulator(inputs: outputs)))
        case .parallelAdapters:
            let parallel = ConvolutionGeometry(
                inputChannels: inputs, outputChannels: outputs, stride: geometry.stride)
            return graph.add(response, graph.convolution(input, parallel, filter: modulator(inputs: inputs)))
        }
    }
}

extension Graph {
    /// Declares batch normalization's parameters and running statistics under `name`.
    mutating func batchNormalizationParameters(_ name: String, channels: Int) -> BatchNormalization {
        BatchNormalization(
            scale: parameter("\(name).weight", shape: [channels], role: .trained),
            shift: parameter("\(name).bias", shape: [channels], role: .trained),
            runningMean: parameter("\(name).running_mean", shape: [channels], role: .statistic),
            runningVariance: parameter("\(name).running_var", shape: [channels], role: .statistic))
    }
}
