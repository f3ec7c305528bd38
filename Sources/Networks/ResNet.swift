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
    private var owner: Graph.Parameter.Owner { task.map { .task($0) } ?? .shared }

    /// The names of a convolution's filter and, without a task, of its modulator.
    static func filterName(of convolution: String) -> String { convolution + ".Ws.weight" }
    static func modulatorName(of convolution: String) -> String { convolution + ".Wt.weight" }

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
            let filter = graph.add(
                Graph.Parameter(
                    Graph.Parameter.Module("\(name).downsample.conv.conv", owner: owner), "weight",
                    shape: [outputChannels, inputChannels, 1, 1], role: .trained, part: .backbone, kind: .shortcut,
                    start: .heUniform))
            shortcut = graph.convolution(input, geometry, filter: .parameter(filter))
            shortcut = normalized(shortcut, "\(name).downsample.bnorm", in: &graph)
        }
        return graph.relu(graph.add(value, shortcut))
    }

    /// Batch normalization of the task.
    private func normalized(_ input: Graph.Value, _ name: String, in graph: inout Graph) -> Graph.Value {
        graph.batchNormalization(
            input,
            graph.batchNormalizationParameters(
                Graph.Parameter.Module("\(name).bnorm", owner: owner), part: .backbone,
                channels: graph.shape(of: input).channels, model.norm))
    }

    /// A convolution of the backbone in the form of the method.
    private func reparameterized(
        _ input: Graph.Value, _ geometry: ConvolutionGeometry, _ name: String, in graph: inout Graph
    ) -> Graph.Value {
        let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
        let filters =
            model.method == .rcm ? components.count(of: Self.filterName(of: name), outputs: outputs) : outputs
        let bank = graph.add(
            Graph.Parameter(
                Graph.Parameter.Module("\(name).Ws", owner: .shared), "weight",
                shape: [filters, inputs, geometry.kernelSize, geometry.kernelSize],
                role: task == nil ? .trained : .frozen, part: .backbone, kind: .filter, start: .heUniform))
        var bankGeometry = geometry
        bankGeometry.outputChannels = filters
        let response = graph.convolution(input, bankGeometry, filter: .parameter(bank))
        let fusion = ConvolutionGeometry(inputChannels: filters, outputChannels: outputs)
        func modulator(_ tensor: String, inputs: Int, start: Graph.Parameter.Start) -> Graph.ParameterID {
            graph.add(
                Graph.Parameter(
                    Graph.Parameter.Module("\(name).Wt", owner: owner), tensor, shape: [outputs, inputs, 1, 1],
                    role: .trained, part: .backbone, kind: .modulator, start: start))
        }
        switch model.method {
        case .conv:
            return response
        case .rcm where model.normalizedFeatureFusion:
            let whole = Self.modulatorName(of: name)
            let direction = modulator("weight_v", inputs: filters, start: .rows(of: whole))
            let gain = modulator("weight_g", inputs: 1, start: .rowLengths(of: whole))
            return graph.convolution(response, fusion, filter: .normalizedRows(direction: direction, gain: gain))
        case .rcm:
            let matrix = modulator("weight", inputs: filters, start: .identity)
            return graph.convolution(response, fusion, filter: .parameter(matrix))
        case .seriesAdapters:
            let normalizedResponse = normalized(response, "\(name).bnorm", in: &graph)
            let adapter = modulator("weight", inputs: outputs, start: .zeros)
            return graph.add(response, graph.convolution(normalizedResponse, fusion, filter: .parameter(adapter)))
        case .parallelAdapters:
            let parallel = ConvolutionGeometry(
                inputChannels: inputs, outputChannels: outputs, stride: geometry.stride)
            let adapter = modulator("weight", inputs: inputs, start: .zeros)
            return graph.add(response, graph.convolution(input, parallel, filter: .parameter(adapter)))
        }
    }
}

extension Graph {
    /// Declares batch normalization's parameters and running statistics in `module`. All four of a frozen one are kept with
    /// the statistics, each task's own as ever.
    mutating func batchNormalizationParameters(
        _ module: Parameter.Module, part: Parameter.Part, channels: Int, _ norm: ModelSettings.Norm
    ) -> BatchNormalization {
        func vector(_ tensor: String, _ role: Parameter.Role, _ start: Parameter.Start) -> Parameter {
            Parameter(module, tensor, shape: [channels], role: role, part: part, kind: .norm, start: start)
        }
        let affine: Parameter.Role =
            switch norm {
            case .batch: .trained
            case .frozen: .statistic
            }
        return BatchNormalization(
            scale: add(vector("weight", affine, .ones)), shift: add(vector("bias", affine, .zeros)),
            runningMean: add(vector("running_mean", .statistic, .zeros)),
            runningVariance: add(vector("running_var", .statistic, .ones)), isFrozen: norm == .frozen)
    }
}
