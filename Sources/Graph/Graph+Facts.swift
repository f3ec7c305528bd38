import ConvolutionEngine

/// What readers of a graph that compute nothing must know of an operation: learning, cost, merging, profiles, export.
///
/// A new operation is described in `Graph.Operation.facts`, every field by name; the compiler then asks the five that
/// compute or rewrite: `repeating`, the planner, the ONNX writer, and the interpreter of the tests.
extension Graph {
    package struct Facts {
        /// What profiles, traces and exported nodes call it, such as "max pool".
        package let kind: String
        /// What it computes with, running statistics apart. The first names the node.
        package let parameters: [ParameterID]
        package let statistics: [ParameterID]
        /// The value, no input, whose size the output takes.
        package let sizeReference: Value?
        package let form: Form
    }

    /// What cost and merging tell apart.
    package enum Form {
        case convolution(Convolution)
        /// An affine map of every channel, once its statistics are those of the past.
        case normalization(BatchNormalization)
        case sum
        /// Without multiplications that are counted, and not linear in every pixel.
        case other
    }

    package struct Convolution {
        package let geometry: ConvolutionGeometry
        package let filter: Filter
        package let bias: ParameterID?
    }
}

extension Graph.Filter {
    /// What the filter is computed from; its gradient is formed in the place of the first.
    var parameters: [Graph.ParameterID] {
        switch self {
        case .parameter(let id): [id]
        case .normalizedRows(let direction, let gain): [direction, gain]
        }
    }

    /// The parameter in whose place the filter's gradient is formed, and that names it.
    package var owner: Graph.ParameterID { parameters[0] }
}

extension Graph.Operation {
    package var facts: Graph.Facts {
        func plain(_ kind: String, like reference: Graph.Value? = nil, _ form: Graph.Form = .other) -> Graph.Facts {
            Graph.Facts(kind: kind, parameters: [], statistics: [], sizeReference: reference, form: form)
        }
        switch self {
        case .input: return plain("input")
        case .convolution(let geometry, let filter, let bias):
            return Graph.Facts(
                kind: "convolution \(geometry.kernelSize)x\(geometry.kernelSize)"
                    + (geometry.stride > 1 ? " stride \(geometry.stride)" : "")
                    + (geometry.dilation > 1 ? " dilation \(geometry.dilation)" : ""),
                parameters: filter.parameters + (bias.map { [$0] } ?? []), statistics: [], sizeReference: nil,
                form: .convolution(Graph.Convolution(geometry: geometry, filter: filter, bias: bias)))
        case .batchNormalization(let own):
            return Graph.Facts(
                kind: "batch normalization", parameters: [own.scale, own.shift],
                statistics: [own.runningMean, own.runningVariance], sizeReference: nil, form: .normalization(own))
        case .relu: return plain("relu")
        case .add: return plain("add", .sum)
        case .maxPool: return plain("max pool")
        case .globalAveragePool: return plain("global average pool")
        case .resize(let reference): return plain("resize", like: reference)
        case .resizePart: return plain("resize")
        case .concatenate: return plain("concatenate")
        case .unitLength: return plain("unit length")
        }
    }
}

extension Graph.Node {
    package var convolution: Graph.Convolution? {
        switch operation.facts.form {
        case .convolution(let convolution): convolution
        case .normalization, .sum, .other: nil
        }
    }

    package var normalization: Graph.BatchNormalization? {
        switch operation.facts.form {
        case .normalization(let parameters): parameters
        case .convolution, .sum, .other: nil
        }
    }
}

extension Graph {
    /// The parameters that `node` computes with, running statistics apart.
    package func parameters(of node: Node) -> [ParameterID] { node.operation.facts.parameters }

    /// The node's name in parameters, such as `layer1.0.conv1.Ws`; empty where it has none.
    package func name(of node: Node) -> String {
        guard let id = parameters(of: node).first else { return "" }
        return parameter(id).module.name
    }
}
