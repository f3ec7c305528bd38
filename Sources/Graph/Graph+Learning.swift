/// Where gradients go: what execution and cost must agree on.
extension Graph {
    /// The parameters that `node` computes with, running statistics apart.
    package func parameters(of node: Node) -> [ParameterID] {
        switch node.operation {
        case .convolution(_, .parameter(let filter), let bias): [filter] + (bias.map { [$0] } ?? [])
        case .convolution(_, .normalizedRows(let direction, let gain), let bias):
            [direction, gain] + (bias.map { [$0] } ?? [])
        case .batchNormalization(let parameters): [parameters.scale, parameters.shift]
        default: []
        }
    }

    /// Whether gradient descent changes a convolution's weights, so that their gradient is computed.
    package func isTrained(_ filter: Filter) -> Bool {
        switch filter {
        case .parameter(let id): parameter(id).role == .trained
        case .normalizedRows: true
        }
    }

    /// The values whose gradient something needs: a trained parameter had a part in making them.
    package var learningValues: Set<Value> {
        var learning: Set<Value> = []
        for node in nodes {
            let isTrained = parameters(of: node).contains { parameter($0).role == .trained }
            if isTrained || node.inputs.contains(where: learning.contains) { learning.insert(node.output) }
        }
        return learning
    }
}
