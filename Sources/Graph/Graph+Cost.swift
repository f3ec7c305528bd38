/// What a graph costs, read from the graph alone.
extension Graph {
    /// Floating-point operations of convolutions for one sample, by direct counting: 2 · k² · inputs · outputs ·
    /// height · width of the output, padding included, whatever the algorithm. Passes over activations are not counted,
    /// as the field does not.
    package struct Flop: Hashable, Sendable {
        package var forward = 0
        /// Back to the input, where something before it learns.
        package var backwardToData = 0
        /// To the weights, where they are trained.
        package var backwardToFilter = 0

        package var total: Int { forward + backwardToData + backwardToFilter }

        package static func + (one: Flop, other: Flop) -> Flop {
            Flop(
                forward: one.forward + other.forward, backwardToData: one.backwardToData + other.backwardToData,
                backwardToFilter: one.backwardToFilter + other.backwardToFilter)
        }
    }

    /// Bytes of float32 parameters by what becomes of them.
    package struct ParameterBytes: Hashable, Sendable {
        package var trained = 0
        package var bank = 0
        package var statistics = 0
    }

    package struct Cost: Sendable {
        /// In the order of the graph's nodes.
        package let nodes: [Flop]
        package let parameterBytes: ParameterBytes

        /// Of one sample.
        package var total: Flop { nodes.reduce(Flop(), +) }

        /// Floating-point operations of one training step over `samples` samples.
        package func trainingStepFlop(samples: Int) -> Int { samples * total.total }
    }

    package var cost: Cost {
        let learning = learningValues
        let flop = nodes.map { node in
            switch node.operation.facts.form {
            case .convolution(let convolution):
                let output = shape(of: node.output)
                let once = convolution.geometry.flop(outputHeight: output.height, outputWidth: output.width)
                return Flop(
                    forward: once, backwardToData: learning.contains(node.inputs[0]) ? once : 0,
                    backwardToFilter: isTrained(convolution.filter) ? once : 0)
            case .normalization, .sum, .other: return Flop()
            }
        }
        var bytes = ParameterBytes()
        for parameter in parameters {
            let own = parameter.count * MemoryLayout<Float>.stride
            switch parameter.role {
            case .trained: bytes.trained += own
            case .frozen: bytes.bank += own
            case .statistic: bytes.statistics += own
            }
        }
        return Cost(nodes: flop, parameterBytes: bytes)
    }
}
