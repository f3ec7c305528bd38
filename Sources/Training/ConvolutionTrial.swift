import ConvolutionEngine
import CThreadPool
import TensorCore

/// One layer on random tensors, for any pass by any kernels. A frozen filter is made ready beforehand; a trained one is
/// made ready in every step, which costs little and is left out here.
final class ConvolutionTrial {
    /// A pass, ready to run.
    struct Steps {
        let steps: UnsafeMutablePointer<mdl_step>
        let count: Int
        /// What the steps point to.
        fileprivate let owners: [AnyObject]
    }

    private let geometry: ConvolutionGeometry
    private let samples: Int
    private let input: TensorView
    private let output: TensorView
    private let filter: UnsafeMutablePointer<Float>
    private let gradient: UnsafeMutablePointer<Float>
    private let memory: AlignedMemory

    init(_ layer: ConvolutionLayer, samples: Int) {
        geometry = layer.geometry
        self.samples = samples
        let (height, width) = (layer.height, layer.width)
        let (outputHeight, outputWidth) = (layer.outputHeight, layer.outputWidth)
        let inputCount = samples * height * width * geometry.inputChannels
        let outputCount = samples * outputHeight * outputWidth * geometry.outputChannels
        let places = [0, inputCount, outputCount, geometry.filterCount, geometry.filterCount].reduce(into: [0]) {
            $0.append($0.last! + ($1 + 15) / 16 * 16)
        }
        memory = AlignedMemory(byteCount: places.last! * MemoryLayout<Float>.stride)
        let base = memory.floats()
        let stream = RandomStream("convolution trial")
        for index in 0..<places.last! { base[index] = stream.signed(UInt64(index)) }
        input = TensorView(
            data: base, samples: samples, height: height, width: width, channels: geometry.inputChannels)
        output = TensorView(
            data: base + places[2], samples: samples, height: outputHeight, width: outputWidth,
            channels: geometry.outputChannels)
        filter = base + places[3]
        gradient = base + places[4]
    }

    func steps(_ pass: ConvolutionPass, _ kernels: Kernels, pool: ThreadPool) -> Steps {
        let arguments = ArgumentStore()
        let steps = ConvolutionSteps(kernels: kernels, threads: pool.threads, arguments: arguments)
        if pass == .backwardToFilter {
            let tree = ReductionTree(samples: samples)
            let cut = FilterGradientCut(
                geometry, samples: samples, inputHeight: input.height, inputWidth: input.width, kernels: kernels,
                threads: pool.threads, levels: tree.levels)
            let scratch = AlignedMemory(byteCount: cut.scratchCount * MemoryLayout<Float>.stride)
            let own = cut.steps(
                input: input, outputGradient: output, filterGradient: gradient, subtreeStride: 0,
                fold: tree.fold(in: arguments), scratch: scratch.floats(), with: steps)
            return Steps(steps: arguments.keep(own), count: own.count, owners: [arguments, scratch, memory])
        }
        let cut = ConvolutionCut(
            geometry, transposed: pass == .backwardToData, samples: samples, inputHeight: input.height,
            inputWidth: input.width, kernels: kernels, threads: pool.threads)
        let prepared = AlignedMemory(byteCount: cut.preparedCount * MemoryLayout<Float>.stride)
        let scratch = AlignedMemory(byteCount: cut.scratchCount * MemoryLayout<Float>.stride)
        pool.run(arguments.keep(cut.prepare(filter, to: prepared.floats(), with: steps)), count: 1)
        let own =
            pass == .forward
            ? cut.forward(
                input: input, prepared: prepared.floats(), bias: nil, output: output, scratch: scratch.floats(),
                with: steps)
            : cut.backwardToData(
                outputGradient: output, prepared: prepared.floats(), inputGradient: input, accumulate: false,
                scratch: scratch.floats(), with: steps)
        return Steps(steps: arguments.keep(own), count: 1, owners: [arguments, prepared, scratch, memory])
    }
}
