import CThreadPool
import ConvolutionEngine
import TensorCore

/// A case with its tensors, filled as functions of their names, and the engine's passes over them.
final class ConvolutionRun {
    let own: ConvolutionCase
    let kernels: Kernels
    let input: SlicedTensor
    let output: SlicedTensor
    let outputGradient: SlicedTensor
    let inputGradient: SlicedTensor
    let filter: [Float]
    let bias: [Float]?
    private let arguments = ArgumentStore()
    /// Threads that the work is cut for; the pool that runs it may have another number.
    private let steps: ConvolutionSteps
    private let pool: ThreadPool

    init(_ own: ConvolutionCase, kernels: Kernels, threads: Int, pool: ThreadPool) {
        self.own = own
        self.kernels = kernels
        self.pool = pool
        steps = ConvolutionSteps(kernels: kernels, threads: threads, arguments: arguments)
        let (inputs, outputs) = (own.geometry.inputChannels, own.geometry.outputChannels)
        func tensor(_ isInput: Bool) -> SlicedTensor {
            SlicedTensor(
                samples: own.samples, height: isInput ? own.height : own.outputHeight,
                width: isInput ? own.width : own.outputWidth, channels: isInput ? inputs : outputs,
                gap: isInput ? own.inputGap : own.outputGap)
        }
        input = tensor(true)
        output = tensor(false)
        outputGradient = tensor(false)
        inputGradient = tensor(true)
        input.fill(RandomStream("input"))
        output.fill(RandomStream("output before"))
        outputGradient.fill(RandomStream("output gradient"))
        inputGradient.fill(RandomStream("input gradient before"))
        let weights = RandomStream("filter")
        filter = (0..<own.geometry.filterCount).map { weights.signed(UInt64($0)) }
        let offsets = RandomStream("bias")
        bias = own.hasBias ? (0..<outputs).map { offsets.signed(UInt64($0)) } : nil
    }

    private func run(_ step: mdl_step) {
        pool.run(arguments.keep(step), count: 1)
    }

    private func packed(transposed: Bool) -> PackedFilter {
        let size = PackedFilter.size(own.geometry, transposed: transposed, panelWidth: kernels.panelWidth)
        let panels = arguments.keep([Float](repeating: .nan, count: size.stride * size.panels))
        let packed = PackedFilter(data: panels, stride: size.stride)
        run(steps.pack(own.geometry, filter: arguments.keep(filter), to: packed, transposed: transposed))
        return packed
    }

    /// Runs the forward pass for the given samples, each at its own place.
    @discardableResult
    func forward(sample: Int? = nil) -> [Float] {
        run(
            steps.forward(
                own.geometry, input: sample.map(input.sample) ?? input.view, filter: packed(transposed: false),
                bias: bias.map { UnsafePointer(arguments.keep($0)) },
                output: sample.map(output.sample) ?? output.view))
        return output.values
    }

    @discardableResult
    func backwardToData(sample: Int? = nil) -> [Float] {
        run(
            steps.backwardToData(
                own.geometry, outputGradient: sample.map(outputGradient.sample) ?? outputGradient.view,
                filter: packed(transposed: true), inputGradient: sample.map(inputGradient.sample) ?? inputGradient.view,
                accumulate: own.accumulates))
        return inputGradient.values
    }

    /// The filter's gradient over all samples, or of one alone, cut as for `cutThreads` threads.
    func filterGradient(sample: Int? = nil, cutThreads: Int) -> [Float] {
        let tree = ReductionTree(samples: sample == nil ? own.samples : 1)
        let cut = FilterGradient(
            own.geometry, outputWidth: own.outputWidth, panelWidth: kernels.panelWidth, threads: cutThreads,
            levels: tree.levels)
        let gradient = arguments.keep([Float](repeating: .nan, count: own.geometry.filterCount))
        let scratch = arguments.keep([Float](repeating: .nan, count: pool.threads * cut.scratchPerWorker))
        run(
            steps.filterGradient(
                cut, input: sample.map(input.sample) ?? input.view,
                outputGradient: sample.map(outputGradient.sample) ?? outputGradient.view, filterGradient: gradient,
                subtreeStride: own.geometry.filterCount, fold: tree.fold(in: arguments), scratch: scratch))
        return Array(UnsafeBufferPointer(start: gradient, count: own.geometry.filterCount))
    }

    func biasGradient() -> [Float] {
        let count = own.geometry.outputChannels
        let gradient = arguments.keep([Float](repeating: .nan, count: count))
        run(
            steps.biasGradient(
                outputGradient: outputGradient.view, biasGradient: gradient, subtreeStride: count,
                fold: ReductionTree(samples: own.samples).fold(in: arguments)))
        return Array(UnsafeBufferPointer(start: gradient, count: count))
    }
}

/// What the machine can run.
let availableInstructionSets = InstructionSet.allCases.filter(\.isAvailable)
