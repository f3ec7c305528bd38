import ConvolutionEngine

/// Modulators of 1×1 filters of the bank, as in bottlenecks (paper, section 3.2: the two are one linear map).
extension Graph {
    /// A bank's 1×1 convolution with the modulator that alone reads it.
    package struct ModulatedFilter {
        /// The bank's convolution, which is also that of the product.
        let geometry: ConvolutionGeometry
        let bank: ParameterID
        let fusion: ConvolutionGeometry
        let modulator: Filter
        let output: Value
        /// The places of the bank's convolution and of the modulator's.
        package let nodes: [Int]
    }

    /// The convolution at `index` with its modulator, where training is less work by their product. A function of one
    /// sample's geometry and the channels, and, as sums round in another order, no part of the direct algorithm.
    package func modulatedFilter(_ index: Int, choice: ConvolutionChoice) -> ModulatedFilter? {
        let node = nodes[index]
        guard choice != .direct,
            case .convolution(let geometry, .parameter(let bank), nil) = node.operation, geometry.kernelSize == 1,
            geometry.padding == 0, parameter(bank).role == .frozen,
            let place = nodes.indices.first(where: { nodes[$0].inputs.contains(node.output) }),
            nodes.count(where: { $0.inputs.contains(node.output) }) == 1,
            !outputs.contains(where: { $0.value == node.output }),
            case .convolution(let fusion, let modulator, nil) = nodes[place].operation, isTrained(modulator),
            fusion.kernelSize == 1, fusion.stride == 1, fusion.padding == 0
        else { return nil }
        let shape = shape(of: node.output)
        let pixels = shape.height * shape.width
        let (narrow, wide) = (geometry.inputChannels, geometry.outputChannels)
        // dM is folded and exchanged where dWt will stand. Both forms have two passes over the bank's filter; the one has
        // three over the modulator's, the other one over the product's gradient and two products of filters.
        guard fusion.outputChannels == wide, narrow <= wide,
            pixels * narrow + 2 * narrow * wide < 3 * pixels * wide
        else { return nil }
        return ModulatedFilter(
            geometry: geometry, bank: bank, fusion: fusion, modulator: modulator, output: nodes[place].output,
            nodes: [index, place])
    }
}
