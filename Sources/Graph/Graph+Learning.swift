/// Where gradients go: what execution and cost must agree on.
extension Graph {
    /// Whether gradient descent changes a convolution's weights, so that their gradient is computed.
    package func isTrained(_ filter: Filter) -> Bool {
        filter.parameters.contains { parameter($0).role == .trained }
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
