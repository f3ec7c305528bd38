import ConvolutionEngine
import Foundation
import Graph
import TensorCore

/// Writes merged graphs as nodes of one ONNX graph (opset 17), whose batch, height and width are known only when it runs.
///
/// ONNX has activations as NCHW and filters as OIHW. A size that follows the image's is computed from shapes where it is
/// needed, as PyTorch's exporter does.
struct ONNXGraphWriter {
    private(set) var graph = Onnx_GraphProto()
    /// Names of tensors that hold the height and width of a value, by its name.
    private var sizes: [String: String] = [:]
    private var names: Set<String> = []

    init(name: String) {
        graph.name = name
    }

    // MARK: The interface

    /// Declares an input or describes an output of float32 values.
    static func valueInfo(_ name: String, channels: Int, _ documentation: String) -> Onnx_ValueInfoProto {
        func dimension(_ name: String) -> Onnx_TensorShapeProto.Dimension { .with { $0.dimParam = name } }
        return .with {
            $0.name = name
            $0.docString = documentation
            $0.type.tensorType = .with {
                $0.elemType = Int32(Onnx_TensorProto.DataType.float.rawValue)
                $0.shape.dim = [
                    dimension("batch"), .with { $0.dimValue = Int64(channels) }, dimension("height"),
                    dimension("width"),
                ]
            }
        }
    }

    mutating func addInput(_ name: String, channels: Int, _ documentation: String) {
        graph.input.append(Self.valueInfo(name, channels: channels, documentation))
    }

    mutating func addOutput(_ name: String, channels: Int, _ documentation: String) {
        graph.output.append(Self.valueInfo(name, channels: channels, documentation))
    }

    // MARK: Nodes

    /// Adds a node with one output, which gets the node's name.
    @discardableResult
    mutating func add(
        _ operation: String, _ inputs: [String], name: String, _ attributes: [Onnx_AttributeProto] = []
    ) -> String {
        precondition(names.insert(name).inserted, "two nodes are called \(name)")
        graph.node.append(
            .with {
                $0.opType = operation
                $0.name = name
                $0.input = inputs
                $0.output = [name]
                $0.attribute = attributes
            })
        return name
    }

    @discardableResult
    mutating func addTensor(_ name: String, shape: [Int], _ values: [Float]) -> String {
        addTensor(name, shape: shape, .float, values.withUnsafeBytes { Data($0) })
    }

    @discardableResult
    private mutating func addTensor(_ name: String, integers: [Int]) -> String {
        addTensor(name, shape: [integers.count], .int64, integers.map(Int64.init).withUnsafeBytes { Data($0) })
    }

    private mutating func addTensor(
        _ name: String, shape: [Int], _ type: Onnx_TensorProto.DataType, _ bytes: Data
    ) -> String {
        graph.initializer.append(
            .with {
                $0.name = name
                $0.dims = shape.map(Int64.init)
                $0.dataType = Int32(type.rawValue)
                $0.rawData = bytes
            })
        return name
    }

    // MARK: The walk

    /// Whether one of the graph's nodes would have the name, without a prefix.
    static func hasNode(_ name: String, in graph: Graph) -> Bool {
        graph.nodes.enumerated().contains { index, node in
            graph.name(of: node, index) == name && !graph.outputs.contains { $0.value == node.output }
        }
    }

    /// Adds a merged graph that reads `image`; its outputs keep their names.
    ///
    /// - Parameter prefix: of the names of nodes and parameters, so that several graphs stand beside each other.
    mutating func add(_ merged: MergedGraph, image: String, prefix: String) {
        for entry in merged.parameters.layout.entries {
            addTensor(
                prefix + entry.parameter.name, shape: entry.parameter.shape,
                merged.parameters.read(entry, from: merged.parameters.values))
        }
        let source = merged.graph
        var values: [Graph.Value: String] = [:]
        for (index, node) in source.nodes.enumerated() {
            // An output's last node has the output's name.
            let output = source.outputs.first { $0.value == node.output }?.name
            let name = output ?? prefix + source.name(of: node, index)
            values[node.output] = add(
                node, of: source, name: name, prefix: prefix, image: image, inputs: node.inputs.map { values[$0]! },
                reference: { values[$0]! })
        }
    }

    private mutating func add(
        _ node: Graph.Node, of source: Graph, name: String, prefix: String, image: String, inputs: [String],
        reference: (Graph.Value) -> String
    ) -> String {
        func parameter(_ id: Graph.ParameterID) -> String { prefix + source.parameter(id).name }
        switch node.operation {
        case .input: return image
        case .convolution(let geometry, .parameter(let filter), let bias):
            return add(
                "Conv", [inputs[0], parameter(filter)] + (bias.map { [parameter($0)] } ?? []), name: name,
                Self.window(geometry.kernelSize, stride: geometry.stride, padding: geometry.padding)
                    + [.integers("dilations", [geometry.dilation, geometry.dilation]), .integer("group", 1)])
        case .convolution(_, .normalizedRows, _): preconditionFailure("a merged graph has no filter that is computed")
        case .batchNormalization(let own):
            let parameters = [own.scale, own.shift, own.runningMean, own.runningVariance].map(parameter)
            return add(
                "BatchNormalization", inputs + parameters, name: name, [.number("epsilon", Float(own.epsilon))])
        case .relu: return add("Relu", inputs, name: name)
        case .add: return add("Add", inputs, name: name)
        case .maxPool(let size, let stride, let padding):
            return add("MaxPool", inputs, name: name, Self.window(size, stride: stride, padding: padding))
        case .globalAveragePool: return add("GlobalAveragePool", inputs, name: name)
        case .resize(let like):
            let size: String
            if let like {
                size = self.size(of: reference(like))
            } else {
                let shape = source.shape(of: node.output)
                size = addTensor(name + ".size", integers: [shape.height, shape.width])
            }
            let samples = add(
                "Shape", [inputs[0]], name: name + ".samples", [.integer("start", 0), .integer("end", 2)])
            let shape = add("Concat", [samples, size], name: name + ".shape", [.integer("axis", 0)])
            return add(
                "Resize", [inputs[0], "", "", shape], name: name,
                [.text("mode", "linear"), .text("coordinate_transformation_mode", "half_pixel")])
        case .resizePart: preconditionFailure("a window of a network is not exported")
        case .concatenate: return add("Concat", inputs, name: name, [.integer("axis", 1)])
        case .unitLength:
            let length = add(
                "ReduceL2", inputs, name: name + ".length", [.integers("axes", [1]), .integer("keepdims", 1)])
            let smallest = addTensor(name + ".smallest", shape: [], [1e-12])
            let clipped = add("Clip", [length, smallest], name: name + ".clipped")
            return add("Div", [inputs[0], clipped], name: name)
        }
    }

    /// The tensor of a value's height and width.
    private mutating func size(of value: String) -> String {
        if let known = sizes[value] { return known }
        let size = add("Shape", [value], name: value + ".size", [.integer("start", 2), .integer("end", 4)])
        sizes[value] = size
        return size
    }

    private static func window(_ size: Int, stride: Int, padding: Int) -> [Onnx_AttributeProto] {
        [
            .integers("kernel_shape", [size, size]), .integers("strides", [stride, stride]),
            .integers("pads", [padding, padding, padding, padding]),
        ]
    }
}

extension Graph {
    /// A node's name: that of its parameters, or what it does and its place.
    fileprivate func name(of node: Node, _ index: Int) -> String {
        let own = name(of: node)
        return own.isEmpty
            ? node.operation.facts.kind.split(separator: " ").joined(separator: "_") + "_\(index)" : own
    }
}

extension Onnx_AttributeProto {
    static func integer(_ name: String, _ value: Int) -> Self {
        .with { ($0.name, $0.type, $0.i) = (name, .int, Int64(value)) }
    }

    static func integers(_ name: String, _ values: [Int]) -> Self {
        .with { ($0.name, $0.type, $0.ints) = (name, .ints, values.map(Int64.init)) }
    }

    static func number(_ name: String, _ value: Float) -> Self {
        .with { ($0.name, $0.type, $0.f) = (name, .float, value) }
    }

    static func text(_ name: String, _ value: String) -> Self {
        .with { ($0.name, $0.type, $0.s) = (name, .string, Data(value.utf8)) }
    }
}
