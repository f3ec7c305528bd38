import CConvolution
import CThreadPool
import ConvolutionEngine
import TensorCore

/// The passes of a case by Winograd's algorithm, over the tensors of `ConvolutionRun`.
final class WinogradRun {
    let own: ConvolutionCase
    let tile: Int
    let kernels: Kernels
    let tensors: ConvolutionRun
    private let arguments = ArgumentStore()
    private let threads: Int
    private let steps: ConvolutionSteps
    private let pool: ThreadPool

    /// - Parameter threads: what the work is cut for; the pool that runs it may have another number.
    init(_ own: ConvolutionCase, tile: Int, kernels: Kernels, threads: Int, pool: ThreadPool) {
        self.own = own
        self.tile = tile
        self.kernels = kernels
        self.threads = threads
        self.pool = pool
        tensors = ConvolutionRun(own, kernels: kernels, threads: threads, pool: pool)
        steps = ConvolutionSteps(kernels: kernels, threads: threads, arguments: arguments)
    }

    private func run(_ steps: [mdl_step]) {
        pool.run(arguments.keep(steps), count: steps.count)
    }

    private func scratch(_ count: Int) -> UnsafeMutablePointer<Float> {
        arguments.keep([Float](repeating: .nan, count: count))
    }

    /// [place][panel][channel][panel width]
    func transformedFilter(transposed: Bool) -> [Float] {
        let count = WinogradFilter.count(own.geometry, tile: tile, transposed: transposed, kernels: kernels)
        return Array(UnsafeBufferPointer(start: transformed(transposed: transposed), count: count))
    }

    private func transformed(transposed: Bool) -> UnsafeMutablePointer<Float> {
        let filter = scratch(WinogradFilter.count(own.geometry, tile: tile, transposed: transposed, kernels: kernels))
        run([
            steps.winogradFilter(
                own.geometry, tile: tile, filter: arguments.keep(tensors.filter), to: filter, transposed: transposed)
        ])
        return filter
    }

    private func cut(transposed: Bool, output: TensorView) -> WinogradConvolution {
        WinogradConvolution(
            own.geometry, tile: tile, transposed: transposed, samples: output.samples, outputHeight: output.height,
            outputWidth: output.width, kernels: kernels, threads: threads)
    }

    /// The forward pass over all samples, or over one at its place.
    @discardableResult
    func forward(sample: Int? = nil) -> [Float] {
        let output = sample.map(tensors.output.sample) ?? tensors.output.view
        let cut = cut(transposed: false, output: output)
        run([
            steps.winogradForward(
                cut, input: sample.map(tensors.input.sample) ?? tensors.input.view,
                filter: transformed(transposed: false), bias: tensors.bias.map { UnsafePointer(arguments.keep($0)) },
                output: output, scratch: scratch(pool.threads * cut.scratchPerWorker))
        ])
        return tensors.output.values
    }

    @discardableResult
    func backwardToData(sample: Int? = nil) -> [Float] {
        let inputGradient = sample.map(tensors.inputGradient.sample) ?? tensors.inputGradient.view
        let cut = cut(transposed: true, output: inputGradient)
        run([
            steps.winogradBackwardToData(
                cut, outputGradient: sample.map(tensors.outputGradient.sample) ?? tensors.outputGradient.view,
                filter: transformed(transposed: true), inputGradient: inputGradient, accumulate: own.accumulates,
                scratch: scratch(pool.threads * cut.scratchPerWorker))
        ])
        return tensors.inputGradient.values
    }

    /// The gradient of the filter from the samples of `range`, one for every subtree of `tree`.
    func filterGradients(of range: Range<Int>, tree: ReductionTree) -> [[Float]] {
        func part(_ tensor: SlicedTensor) -> TensorView {
            var view = tensor.sample(range.lowerBound)
            view.samples = range.count
            return view
        }
        let cut = WinogradFilterGradient(
            own.geometry, tile: tile, samples: range.count, outputHeight: own.outputHeight,
            outputWidth: own.outputWidth, kernels: kernels, threads: threads, levels: tree.levels)
        let count = own.geometry.filterCount
        let gradient = scratch(tree.subtrees * (count + 5))
        run(
            steps.winogradFilterGradient(
                cut, input: part(tensors.input), outputGradient: part(tensors.outputGradient),
                filterGradient: gradient, subtreeStride: count + 5, fold: tree.fold(in: arguments),
                scratch: scratch(cut.scratch)))
        return (0..<tree.subtrees).map {
            Array(UnsafeBufferPointer(start: gradient + $0 * (count + 5), count: count))
        }
    }

    func filterGradient(sample: Int? = nil) -> [Float] {
        let range = sample.map { $0..<$0 + 1 } ?? 0..<own.samples
        return filterGradients(of: range, tree: ReductionTree(samples: range.count))[0]
    }
}

/// A case and a tile.
struct WinogradCase: Sendable, CustomStringConvertible {
    var own: ConvolutionCase
    var tile: Int

    var description: String { "\(tile)×\(tile), \(own)" }

    /// Odd sizes, channels around every vector's width, every dilation in use, padding from none to the kernel's whole
    /// reach.
    static let all: [WinogradCase] = {
        let stream = RandomStream("winograd cases")
        var place: UInt64 = 0
        func choose<Element>(_ candidates: [Element]) -> Element {
            place += 1
            return candidates[stream.integer(place, below: candidates.count)]
        }
        var cases: [WinogradCase] = []
        while cases.count < 72 {
            let dilation = [1, 1, 2, 4, 6, 12, 18, 1][cases.count / 3 % 8]
            let padding = choose([dilation, dilation, 0, 2 * dilation, dilation + dilation / 2])
            let geometry = ConvolutionGeometry(
                inputChannels: choose([1, 3, 7, 16, 21, 33, 48]), outputChannels: choose([1, 5, 16, 17, 32, 35, 70]),
                kernelSize: 3, padding: padding, dilation: dilation)
            let own = ConvolutionCase(
                geometry: geometry, samples: choose([1, 2, 3]), height: choose([1, 2, 5, 8, 13, 19]),
                width: choose([1, 3, 4, 9, 17, 21]), inputGap: choose([0, 0, 5]), outputGap: choose([0, 16, 3]),
                hasBias: choose([false, true]), accumulates: choose([false, true]))
            guard own.outputHeight > 0, own.outputWidth > 0 else { continue }
            cases += WinogradTiles.sizes.map { WinogradCase(own: own, tile: $0) }
        }
        return cases
    }()
}
