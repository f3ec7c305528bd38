import ConvolutionEngine

/// Rewrites a graph for inference: whatever is linear and follows a convolution pixel by pixel becomes part of it.
///
/// Folded are modulators and other 1×1 convolutions, batch normalization by its running statistics, and sums of
/// convolutions of the same pixels: so Wt·Ws and the batch norm are one convolution with a bias (rcm), the adapter beside
/// the bank is added to its centre tap (ra_parallel), and W + A·diag(s)·W is one filter (ra_series). A convolution that
/// pads an input which something linear has moved from 0 is left alone: its padding would have to move as well.
struct GraphMerger {
    private let source: Graph
    private let tensor: (Graph.ParameterID) -> [Double]
    private let products: DoubleProducts
    private(set) var target = Graph()
    /// Of the target's parameters, filters as [tap][input][output].
    private(set) var values: [String: [Double]] = [:]
    /// What has become of the source's values: written already, or a convolution that may still take more in.
    private var written: [Graph.Value: Graph.Value] = [:]
    private var folded: [Graph.Value: FoldedConvolution] = [:]
    /// Values that are used by nothing but what can be folded.
    private var isOnlyFolded: Set<Graph.Value> = []

    /// - Parameter tensor: the values of a parameter, filters as [tap][input][output].
    init(_ source: Graph, products: DoubleProducts, tensor: @escaping (Graph.ParameterID) -> [Double]) {
        self.source = source
        self.products = products
        self.tensor = tensor
    }

    /// Writes the nodes that `outputs` need.
    mutating func merge(outputs: [Graph.Output]) {
        var needed = Set(outputs.map(\.value))
        var otherwise = needed
        for node in source.nodes.reversed() where needed.contains(node.output) {
            needed.formUnion(node.inputs)
            if let reference = node.operation.facts.sizeReference {
                needed.insert(reference)
                otherwise.insert(reference)
            }
            if !Self.canBeFolded(node) { otherwise.formUnion(node.inputs) }
        }
        isOnlyFolded = needed.subtracting(otherwise)
        for node in source.nodes where needed.contains(node.output) { merge(node) }
        for output in outputs { target.addOutput(output.name, value(output.value)) }
    }

    private static func canBeFolded(_ node: Graph.Node) -> Bool {
        switch node.operation.facts.form {
        case .normalization, .sum: true
        case .convolution(let own):
            own.geometry.kernelSize == 1 && own.geometry.stride == 1 && own.geometry.padding == 0
        case .other: false
        }
    }

    private mutating func merge(_ node: Graph.Node) {
        if let convolution = merged(node) {
            folded[node.output] = convolution
        } else {
            copy(node)
        }
    }

    /// The convolution that `node` is or becomes part of; nil where it stays what it is.
    private func merged(_ node: Graph.Node) -> FoldedConvolution? {
        switch node.operation.facts.form {
        case .convolution(let convolution):
            let own = FoldedConvolution(
                input: node.inputs[0], geometry: convolution.geometry,
                parameter: source.parameter(convolution.filter.owner),
                filter: weights(convolution.filter), bias: convolution.bias.map(tensor))
            return foldable(node.inputs[0])?.followed(by: own, with: products) ?? own
        case .normalization(let parameters):
            guard var convolution = foldable(node.inputs[0]) else { return nil }
            let affine = affine(parameters)
            convolution.scale(by: affine.factors, offset: affine.offsets)
            return convolution
        case .sum:
            guard let first = foldable(node.inputs[0]), let second = foldable(node.inputs[1]) else { return nil }
            return first.adding(second)
        case .other: return nil
        }
    }

    private mutating func copy(_ node: Graph.Node) {
        let facts = node.operation.facts
        let inputs = node.inputs.map { value($0) }
        var references: [Graph.Value: Graph.Value] = [:]
        if let reference = facts.sizeReference { references[reference] = value(reference) }
        var copied: [Graph.ParameterID: Graph.ParameterID] = [:]
        for id in facts.parameters + facts.statistics { copied[id] = copy(id) }
        written[node.output] = target.repeating(
            node, inputs: inputs, shape: source.shape(of: node.output), reference: { references[$0]! },
            parameter: { copied[$0]! })
    }

    private func foldable(_ value: Graph.Value) -> FoldedConvolution? {
        isOnlyFolded.contains(value) ? folded[value] : nil
    }

    /// The value of the target that stands for one of the source; a convolution is written when first asked for.
    private mutating func value(_ value: Graph.Value) -> Graph.Value {
        if let known = written[value] { return known }
        guard let convolution = folded[value] else { preconditionFailure("a value is used before it is made") }
        let geometry = convolution.geometry
        var parameter = convolution.parameter
        parameter.shape = [
            geometry.outputChannels, geometry.inputChannels, geometry.kernelSize, geometry.kernelSize,
        ]
        let filter = declare(parameter, convolution.filter)
        let bias = declare(
            Graph.Parameter(
                parameter.module, "bias", shape: [geometry.outputChannels], role: .frozen, part: parameter.part,
                kind: .bias, start: .zeros),
            convolution.bias)
        let input = self.value(convolution.input)
        let output = target.convolution(input, geometry, filter: .parameter(filter), bias: bias)
        written[value] = output
        return output
    }

    /// Frozen, so that it is made ready once.
    private mutating func declare(_ parameter: Graph.Parameter, _ tensor: [Double]) -> Graph.ParameterID {
        var parameter = parameter
        parameter.role = .frozen
        let name = parameter.name
        precondition(values[name] == nil, "\(name) is used at two places, which would be merged differently")
        values[name] = tensor
        return target.add(parameter)
    }

    private mutating func copy(_ id: Graph.ParameterID) -> Graph.ParameterID {
        declare(source.parameter(id), tensor(id))
    }

    // MARK: Values

    private func weights(_ filter: Graph.Filter) -> [Double] {
        switch filter {
        case .parameter(let id): return tensor(id)
        case .normalizedRows(let direction, let gain):
            var weights = tensor(direction)
            let gains = tensor(gain)
            let outputs = gains.count
            var squares = [Double](repeating: 0, count: outputs)
            for index in weights.indices { squares[index % outputs] += weights[index] * weights[index] }
            let factors = zip(gains, squares).map { $0 / $1.squareRoot() }
            for index in weights.indices { weights[index] *= factors[index % outputs] }
            return weights
        }
    }

    /// Batch normalization by running statistics as y = factor · x + offset.
    private func affine(_ parameters: Graph.BatchNormalization) -> (factors: [Double], offsets: [Double]) {
        let (mean, shift) = (tensor(parameters.runningMean), tensor(parameters.shift))
        let factors = zip(tensor(parameters.scale), tensor(parameters.runningVariance)).map {
            $0 / ($1 + parameters.epsilon).squareRoot()
        }
        return (factors, factors.indices.map { shift[$0] - mean[$0] * factors[$0] })
    }
}
