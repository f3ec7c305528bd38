import CConvolution
import CThreadPool
import ConvolutionEngine
import TensorCore

/// A convolution that stands for several linear operations, in double precision and not yet part of a graph.
///
/// What is folded in acts on each pixel alone, so zeros that pad the input stay what they were and nothing is lost.
struct FoldedConvolution {
    /// A value of the graph that is merged.
    let input: Graph.Value
    private(set) var geometry: ConvolutionGeometry
    /// The first filter.
    let parameter: Graph.Parameter
    /// [tap][input][output]
    private(set) var filter: [Double]
    /// One for each output channel.
    private(set) var bias: [Double]

    init(
        input: Graph.Value, geometry: ConvolutionGeometry, parameter: Graph.Parameter, filter: [Double], bias: [Double]?
    ) {
        precondition(filter.count == geometry.filterCount, "\(parameter.name) has another size")
        self.input = input
        self.geometry = geometry
        self.parameter = parameter
        self.filter = filter
        self.bias = bias ?? [Double](repeating: 0, count: geometry.outputChannels)
    }

    /// Folds in channels' own factors and offsets: y = factor · x + offset.
    mutating func scale(by factors: [Double], offset: [Double]) {
        let outputs = geometry.outputChannels
        for index in filter.indices { filter[index] *= factors[index % outputs] }
        for output in 0..<outputs { bias[output] = bias[output] * factors[output] + offset[output] }
    }

    /// This convolution and then `next`, a 1×1 convolution, as one; nil where the one would be more work than both.
    func followed(by next: FoldedConvolution, with products: DoubleProducts) -> FoldedConvolution? {
        let own = next.geometry
        guard own.kernelSize == 1, own.stride == 1, own.padding == 0 else { return nil }
        var whole = self
        whole.geometry.outputChannels = own.outputChannels
        guard whole.geometry.filterCount <= geometry.filterCount + own.filterCount else { return nil }
        let (inner, outputs) = (geometry.outputChannels, own.outputChannels)
        whole.filter = products.product(filter, next.filter, inner: inner, outputs: outputs)
        let offset = products.product(bias, next.filter, inner: inner, outputs: outputs)
        whole.bias = zip(offset, next.bias).map { $0 + $1 }
        return whole
    }

    /// The sum of both, where they see the same pixels; nil otherwise. A 1×1 convolution adds to the tap that sees its
    /// pixel.
    func adding(_ other: FoldedConvolution) -> FoldedConvolution? {
        guard other.geometry.kernelSize <= geometry.kernelSize else { return other.adding(self) }
        let (wide, narrow) = (geometry, other.geometry)
        guard input == other.input, wide.stride == narrow.stride, wide.outputChannels == narrow.outputChannels
        else { return nil }
        /// The tap of this convolution on one axis that sees what `tap` of the other sees.
        func place(_ tap: Int) -> Int? {
            let reach = tap * narrow.dilation - narrow.padding + wide.padding
            guard reach >= 0, reach % wide.dilation == 0, reach / wide.dilation < wide.kernelSize else { return nil }
            return reach / wide.dilation
        }
        let places = (0..<narrow.kernelSize).compactMap(place)
        guard places.count == narrow.kernelSize else { return nil }
        var sum = self
        let count = wide.inputChannels * wide.outputChannels
        for (row, wideRow) in places.enumerated() {
            for (column, wideColumn) in places.enumerated() {
                let from = (row * narrow.kernelSize + column) * count
                let to = (wideRow * wide.kernelSize + wideColumn) * count
                for index in 0..<count { sum.filter[to + index] += other.filter[from + index] }
            }
        }
        for output in bias.indices { sum.bias[output] += other.bias[output] }
        return sum
    }
}

/// Products of matrices in double precision.
struct DoubleProducts {
    let kernels: Kernels
    let pool: ThreadPool

    /// left · right, where `left` has rows of `inner` numbers and `right` `inner` rows of `outputs`.
    func product(_ left: [Double], _ right: [Double], inner: Int, outputs: Int) -> [Double] {
        precondition(left.count % inner == 0 && right.count == inner * outputs, "these matrices have no product")
        let rows = left.count / inner
        return [Double](unsafeUninitializedCapacity: rows * outputs) { target, count in
            left.withUnsafeBufferPointer { left in
                right.withUnsafeBufferPointer { right in
                    let arguments = mdl_double_product(
                        left: left.baseAddress, right: right.baseAddress, rows: Int32(rows), inner: Int32(inner),
                        outputs: Int32(outputs), product: target.baseAddress)
                    withUnsafePointer(to: arguments) { arguments in
                        let perItem = Int(mdl_rows_per_item)
                        var step = mdl_step(
                            kernel: kernels.passes.double_product, arguments: arguments,
                            items: Int32((rows + perItem - 1) / perItem), tag: 0)
                        pool.run(&step, count: 1)
                    }
                }
            }
            count = rows * outputs
        }
    }
}
