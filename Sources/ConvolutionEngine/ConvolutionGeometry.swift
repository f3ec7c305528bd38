/// What a convolution does to shapes: square kernels, equal stride, padding and dilation on both axes.
package struct ConvolutionGeometry: Hashable, Sendable {
    package var inputChannels: Int
    package var outputChannels: Int
    package var kernelSize: Int
    package var stride: Int
    package var padding: Int
    package var dilation: Int

    package init(
        inputChannels: Int, outputChannels: Int, kernelSize: Int = 1, stride: Int = 1, padding: Int = 0,
        dilation: Int = 1
    ) {
        precondition(inputChannels > 0 && outputChannels > 0 && kernelSize > 0 && stride > 0 && dilation > 0)
        precondition(padding >= 0)
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.kernelSize = kernelSize
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
    }

    package var taps: Int { kernelSize * kernelSize }

    /// Filter values.
    package var filterCount: Int { taps * inputChannels * outputChannels }

    /// The length of an output axis for an input axis of `input` pixels; 0 where the kernel does not fit.
    package func outputLength(_ input: Int) -> Int {
        let reach = dilation * (kernelSize - 1) + 1
        return max(0, (input + 2 * padding - reach) / stride + 1)
    }

    /// Floating-point operations of one forward pass over one sample, by direct counting: a multiplication and an
    /// addition per tap, padding included, as the field counts.
    package func flop(outputHeight: Int, outputWidth: Int) -> Int {
        2 * filterCount * outputHeight * outputWidth
    }

    /// The taps [first, last) of one axis that meet real pixels at output `index`, for an input axis of `input` pixels.
    func validTaps(atOutput index: Int, input: Int) -> Range<Int> {
        let origin = index * stride - padding
        let valid = (0..<kernelSize).filter { (0..<input).contains(origin + $0 * dilation) }
        guard let first = valid.first, let last = valid.last else { return 0..<0 }
        return first..<last + 1
    }

    /// The taps of one axis, descending, through which input `index` reaches outputs, for an output axis of `output`
    /// pixels, each with its output.
    func reachingTaps(ofInput index: Int, output: Int) -> [(tap: Int, output: Int)] {
        (0..<kernelSize).reversed().compactMap { tap in
            let reach = index + padding - tap * dilation
            guard reach >= 0, reach % stride == 0, reach / stride < output else { return nil }
            return (tap, reach / stride)
        }
    }
}
