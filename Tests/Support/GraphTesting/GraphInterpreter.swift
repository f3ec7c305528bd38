import ConvolutionEngine
import Graph

/// Computes a graph as its operations are defined, in double precision, one node after the other: no plan, no fusion,
/// no shared memory. Derivatives are taken as differences.
package struct GraphInterpreter {
    package let graph: Graph
    package let samples: Int
    package let isTraining: Bool
    /// Every parameter's values, in the order of files (OIHW).
    package var parameters: [String: [Double]]
    /// samples × height × width × channels.
    package var input: [Double]

    package init(
        _ graph: Graph, samples: Int, isTraining: Bool, parameters: [String: [Double]], input: [Double]
    ) {
        self.graph = graph
        self.samples = samples
        self.isTraining = isTraining
        self.parameters = parameters
        self.input = input
    }

    /// What a pass over the graph gives.
    package struct Result {
        /// By name, samples × height × width × channels.
        package var outputs: [String: [Double]] = [:]
        /// By name, as batch normalization in training leaves them; of a frozen one all that it has.
        package var runningStatistics: [String: [Double]] = [:]
    }

    package func run() -> Result {
        var result = Result()
        var values: [Graph.Value: [Double]] = [:]
        for node in graph.nodes {
            let inputs = node.inputs.map { values[$0]! }
            let shape = node.inputs.first.map { graph.shape(of: $0) }
            let target = graph.shape(of: node.output)
            switch node.operation {
            case .input:
                values[node.output] = input
            case .convolution(let geometry, let filter, let bias):
                values[node.output] = convolution(inputs[0], shape!, target, geometry, filter, bias)
            case .batchNormalization(let own):
                values[node.output] = normalization(inputs[0], own, &result)
            case .relu:
                values[node.output] = inputs[0].map { max(0, $0) }
            case .add:
                values[node.output] = zip(inputs[0], inputs[1]).map { $0 + $1 }
            case .maxPool(let size, let stride, let padding):
                values[node.output] = maxPool(inputs[0], shape!, target, size, stride, padding)
            case .globalAveragePool:
                values[node.output] = pool(inputs[0], shape!)
            case .resize:
                values[node.output] = resize(inputs[0], shape!, target)
            case .resizePart:
                preconditionFailure("windows are held against the graphs that they are of")
            case .concatenate:
                let channels = node.inputs.map { graph.shape(of: $0).channels }
                values[node.output] = (0..<samples * target.height * target.width).flatMap { pixel in
                    zip(inputs, channels).flatMap { $0[pixel * $1..<(pixel + 1) * $1] }
                }
            case .unitLength:
                values[node.output] = unitLength(inputs[0], target.channels)
            }
        }
        for output in graph.outputs { result.outputs[output.name] = values[output.value]! }
        return result
    }

    /// d loss / d t of the parameter `name` moved by t · `direction`, where the loss is Σ cotangent · output.
    ///
    /// A central difference with t = 10⁻⁷ errs by some 10⁻⁹ of the loss for rounding and by less for cutting Taylor's
    /// series: far below float32, and so short that a kink (of ReLU, or of a maximum) hardly ever lies within t.
    package func derivative(
        of name: String, along direction: [Double], cotangents: [String: [Double]]
    ) -> Double {
        func loss(_ step: Double) -> Double {
            var moved = self
            moved.parameters[name] = zip(parameters[name]!, direction).map { $0 + step * $1 }
            let outputs = moved.run().outputs
            return cotangents.reduce(0) { sum, own in
                sum + zip(own.value, outputs[own.key]!).reduce(0) { $0 + $1.0 * $1.1 }
            }
        }
        return (loss(1e-7) - loss(-1e-7)) / 2e-7
    }

    private func values(_ id: Graph.ParameterID) -> [Double] { parameters[graph.parameter(id).name]! }

    // MARK: Operations

    private func convolution(
        _ input: [Double], _ shape: Graph.Shape, _ target: Graph.Shape, _ geometry: ConvolutionGeometry,
        _ filter: Graph.Filter, _ bias: Graph.ParameterID?
    ) -> [Double] {
        let (inputs, outputs, taps) = (geometry.inputChannels, geometry.outputChannels, geometry.taps)
        var weights: [Double]
        switch filter {
        case .parameter(let id):
            weights = values(id)
        case .normalizedRows(let direction, let gain):
            weights = values(direction)
            let gains = values(gain)
            for row in 0..<outputs {
                let length = weights[row * inputs..<(row + 1) * inputs].reduce(0) { $0 + $1 * $1 }.squareRoot()
                for column in 0..<inputs { weights[row * inputs + column] *= gains[row] / length }
            }
        }
        // OIHW as [tap][input][output], for the innermost loop to be contiguous.
        var ordered = [Double](repeating: 0, count: weights.count)
        for output in 0..<outputs {
            for channel in 0..<inputs {
                for tap in 0..<taps {
                    ordered[(tap * inputs + channel) * outputs + output] =
                        weights[(output * inputs + channel) * taps + tap]
                }
            }
        }
        let offsets = bias.map(values) ?? [Double](repeating: 0, count: outputs)
        var result = (0..<samples * target.height * target.width).flatMap { _ in offsets }
        result.withUnsafeMutableBufferPointer { y in
            input.withUnsafeBufferPointer { x in
                ordered.withUnsafeBufferPointer { w in
                    for pixel in 0..<samples * target.height * target.width {
                        let (sample, place) = pixel.quotientAndRemainder(dividingBy: target.height * target.width)
                        for tap in 0..<taps {
                            let down = tap / geometry.kernelSize * geometry.dilation - geometry.padding
                            let right = tap % geometry.kernelSize * geometry.dilation - geometry.padding
                            let row = place / target.width * geometry.stride + down
                            let column = place % target.width * geometry.stride + right
                            guard (0..<shape.height).contains(row), (0..<shape.width).contains(column) else {
                                continue
                            }
                            let from = ((sample * shape.height + row) * shape.width + column) * inputs
                            for channel in 0..<inputs {
                                let value = x[from + channel]
                                let first = (tap * inputs + channel) * outputs
                                for output in 0..<outputs {
                                    y[pixel * outputs + output] += value * w[first + output]
                                }
                            }
                        }
                    }
                }
            }
        }
        return result
    }

    private func normalization(
        _ input: [Double], _ own: Graph.BatchNormalization, _ result: inout Result
    ) -> [Double] {
        let (scale, shift) = (values(own.scale), values(own.shift))
        var (mean, variance) = (values(own.runningMean), values(own.runningVariance))
        let channels = scale.count
        if own.isFrozen {
            for id in [own.scale, own.shift, own.runningMean, own.runningVariance] {
                result.runningStatistics[graph.parameter(id).name] = values(id)
            }
        } else if isTraining {
            let count = Double(input.count / channels)
            var running = (mean: mean, variance: variance)
            for channel in 0..<channels {
                let own = stride(from: channel, to: input.count, by: channels).map { input[$0] }
                mean[channel] = own.reduce(0, +) / count
                variance[channel] = own.reduce(0) { $0 + ($1 - mean[channel]) * ($1 - mean[channel]) } / count
            }
            for channel in 0..<channels {
                running.mean[channel] += own.momentum * (mean[channel] - running.mean[channel])
                let unbiased = variance[channel] * count / (count - 1)
                running.variance[channel] += own.momentum * (unbiased - running.variance[channel])
            }
            result.runningStatistics[graph.parameter(own.runningMean).name] = running.mean
            result.runningStatistics[graph.parameter(own.runningVariance).name] = running.variance
        }
        let factors = (0..<channels).map { scale[$0] / (variance[$0] + own.epsilon).squareRoot() }
        return input.indices.map {
            let channel = $0 % channels
            return (input[$0] - mean[channel]) * factors[channel] + shift[channel]
        }
    }

    private func maxPool(
        _ input: [Double], _ shape: Graph.Shape, _ target: Graph.Shape, _ size: Int, _ stride: Int, _ padding: Int
    ) -> [Double] {
        (0..<samples * target.count).map { index in
            let channel = index % target.channels
            let column = index / target.channels % target.width
            let row = index / (target.channels * target.width) % target.height
            var largest = -Double.infinity
            for y in row * stride - padding..<row * stride - padding + size where (0..<shape.height).contains(y) {
                for x in column * stride - padding..<column * stride - padding + size
                where (0..<shape.width).contains(x) {
                    let pixel = (index / target.count * shape.height + y) * shape.width + x
                    largest = max(largest, input[pixel * shape.channels + channel])
                }
            }
            return largest
        }
    }

    private func pool(_ input: [Double], _ shape: Graph.Shape) -> [Double] {
        (0..<samples * shape.channels).map { index in
            let first = index / shape.channels * shape.count + index % shape.channels
            let own = stride(from: first, to: first + shape.count - index % shape.channels, by: shape.channels)
            return own.reduce(0) { $0 + input[$1] } / Double(shape.height * shape.width)
        }
    }

    private func resize(_ input: [Double], _ shape: Graph.Shape, _ target: Graph.Shape) -> [Double] {
        /// Half-pixel centres; what would lie before the first pixel is at it.
        func source(_ index: Int, _ inputs: Int, _ outputs: Int) -> (low: Int, high: Int, weight: Double) {
            let position = max(0, (Double(index) + 0.5) * Double(inputs) / Double(outputs) - 0.5)
            let low = min(Int(position), inputs - 1)
            return (low, min(low + 1, inputs - 1), position - Double(low))
        }
        return (0..<samples * target.count).map { index in
            let channel = index % target.channels
            let row = source(
                index / (target.channels * target.width) % target.height, shape.height, target.height)
            let column = source(index / target.channels % target.width, shape.width, target.width)
            func value(_ y: Int, _ x: Int) -> Double {
                input[((index / target.count * shape.height + y) * shape.width + x) * shape.channels + channel]
            }
            func across(_ y: Int) -> Double {
                (1 - column.weight) * value(y, column.low) + column.weight * value(y, column.high)
            }
            return (1 - row.weight) * across(row.low) + row.weight * across(row.high)
        }
    }

    private func unitLength(_ input: [Double], _ channels: Int) -> [Double] {
        let lengths = (0..<input.count / channels).map { pixel in
            max(1e-12, input[pixel * channels..<(pixel + 1) * channels].reduce(0) { $0 + $1 * $1 }.squareRoot())
        }
        return input.indices.map { input[$0] / lengths[$0 / channels] }
    }
}
