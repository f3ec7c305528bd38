import ConvolutionEngine
import TensorCore

/// One convolution to be checked, with the ways in which its tensors lie in memory.
struct ConvolutionCase: Sendable, CustomStringConvertible {
    var geometry: ConvolutionGeometry
    var samples: Int
    var height: Int
    var width: Int
    /// Channels beside the input's (and the output's) in the tensors that they are slices of.
    var inputGap = 0
    var outputGap = 0
    var hasBias = false
    var accumulates = false

    var outputHeight: Int { geometry.outputLength(height) }
    var outputWidth: Int { geometry.outputLength(width) }

    var description: String {
        let g = geometry
        return "\(samples)×\(height)×\(width)×\(g.inputChannels)→\(g.outputChannels), kernel \(g.kernelSize), "
            + "stride \(g.stride), padding \(g.padding), dilation \(g.dilation), gaps \(inputGap) and \(outputGap)"
            + (hasBias ? ", bias" : "") + (accumulates ? ", accumulated" : "")
    }

    /// Cases that are easy to get wrong, and many that are drawn.
    static let all: [ConvolutionCase] = chosen + drawn(count: 120)

    /// Kernels that reach past the image on all sides, images of one pixel, padding beyond any use, none at all,
    /// strides larger than the kernel, and channels around every panel's width.
    static let chosen: [ConvolutionCase] = [
        make(3, 16, kernel: 3, padding: 6, dilation: 6, samples: 2, 2, 3),
        make(21, 7, kernel: 3, padding: 12, dilation: 12, samples: 1, 5, 4),
        make(7, 33, kernel: 3, padding: 1, samples: 1, 1, 1),
        make(3, 21, kernel: 7, stride: 2, padding: 3, samples: 2, 9, 13),
        make(3, 5, kernel: 7, stride: 2, padding: 3, samples: 1, 2, 1),
        make(16, 16, kernel: 1, stride: 3, samples: 3, 5, 8),
        make(5, 3, kernel: 3, stride: 2, padding: 4, samples: 1, 4, 7),
        make(4, 48, kernel: 5, padding: 0, samples: 1, 5, 5),
        make(33, 48, kernel: 3, stride: 2, padding: 1, samples: 3, 6, 7),
        make(48, 33, kernel: 3, padding: 2, dilation: 2, samples: 2, 7, 30),
        make(1, 1, kernel: 3, padding: 1, samples: 5, 3, 3),
        make(17, 64, kernel: 1, samples: 2, 1, 31),
        make(64, 15, kernel: 1, samples: 1, 40, 1),
        make(2, 4, kernel: 3, padding: 1, samples: 1, 3, 300),
    ]

    private static func make(
        _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1, samples: Int,
        _ height: Int, _ width: Int
    ) -> ConvolutionCase {
        ConvolutionCase(
            geometry: ConvolutionGeometry(
                inputChannels: inputs, outputChannels: outputs, kernelSize: kernel, stride: stride, padding: padding,
                dilation: dilation), samples: samples, height: height, width: width, hasBias: true)
    }

    private static func drawn(count: Int) -> [ConvolutionCase] {
        let stream = RandomStream("convolution cases")
        var cases: [ConvolutionCase] = []
        var place: UInt64 = 0
        func choose<Element>(_ candidates: [Element]) -> Element {
            place += 1
            return candidates[stream.integer(place, below: candidates.count)]
        }
        let channels = [1, 3, 7, 16, 21, 33, 48]
        while cases.count < count {
            let kernel = choose([1, 3, 3, 5, 7])
            let dilation = kernel == 1 ? 1 : choose([1, 2, 6])
            let same = dilation * (kernel / 2)
            let geometry = ConvolutionGeometry(
                inputChannels: choose(channels), outputChannels: choose(channels), kernelSize: kernel,
                stride: choose([1, 1, 2, 3]), padding: choose([0, same, same, same + 2]), dilation: dilation)
            let drawn = ConvolutionCase(
                geometry: geometry, samples: choose([1, 2, 3]), height: choose([1, 2, 3, 5, 8, 11, 15]),
                width: choose([1, 3, 4, 7, 9, 17]), inputGap: choose([0, 0, 5]), outputGap: choose([0, 0, 16, 3]),
                hasBias: choose([false, true]), accumulates: choose([false, true]))
            if drawn.outputHeight > 0, drawn.outputWidth > 0 { cases.append(drawn) }
        }
        return cases
    }
}

/// A tensor whose channels lie in a wider one, between values that must be neither read nor written.
final class SlicedTensor {
    let view: TensorView
    private let memory: AlignedMemory
    private let gap: Int
    private let total: Int
    /// A value that poisons every sum that it enters, and whose bits are recognized where it was overwritten.
    private static let poison = Float(bitPattern: 0x7FC0_1234)

    init(samples: Int, height: Int, width: Int, channels: Int, gap: Int) {
        self.gap = gap
        let stride = channels + gap
        // One pixel more on either side, so that a step over an end is seen too.
        total = (samples * height * width + 2) * stride
        memory = AlignedMemory(byteCount: total * MemoryLayout<Float>.stride)
        for index in 0..<total { memory.floats()[index] = Self.poison }
        view = TensorView(
            data: memory.floats() + stride + gap / 2, samples: samples, height: height, width: width,
            channels: channels, pixelStride: stride)
        fill { _ in 0 }
    }

    var count: Int { view.samples * view.height * view.width * view.channels }

    /// Sets every value to a function of its place in samples × height × width × channels.
    func fill(_ value: (Int) -> Float) {
        for index in 0..<count { view.data[place(index)] = value(index) }
    }

    func fill(_ stream: RandomStream) {
        fill { stream.signed(UInt64($0)) }
    }

    var values: [Float] { (0..<count).map { view.data[place($0)] } }

    /// Whether everything around the values is as it was made.
    var isIntactAround: Bool {
        let own = Set((0..<count).map { view.data + place($0) - memory.floats() })
        return (0..<total).allSatisfy {
            own.contains($0) || memory.floats()[$0].bitPattern == Self.poison.bitPattern
        }
    }

    /// The tensor of sample `index` alone.
    func sample(_ index: Int) -> TensorView {
        var own = view
        own.data += index * view.sampleStride
        own.samples = 1
        return own
    }

    private func place(_ index: Int) -> Int {
        index / view.channels * view.pixelStride + index % view.channels
    }
}
