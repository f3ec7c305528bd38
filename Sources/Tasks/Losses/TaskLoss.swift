import CConvolution
import CThreadPool
import ConvolutionEngine
import TensorCore

/// The loss of one task on a network's output, with its gradient (paper, section 4.1).
///
/// A mean over the global batch needs the count of its known pixels before the backward pass, so a step first counts
/// them. Per sample the losses are summed in double in pixel order; samples are folded along the tree.
package final class TaskLoss {
    private let arguments = ArgumentStore()
    private let tree: ReductionTree
    private let samples: Int
    private let chunks: Int
    private let countStep: UnsafeMutablePointer<mdl_step>
    private let lossStep: UnsafeMutablePointer<mdl_step>
    private let counts: UnsafeMutablePointer<Int64>
    private let partials: UnsafeMutablePointer<Double>
    private let scale: UnsafeMutablePointer<Float>

    /// Labels, samples × height × width × label channels, encoded as `LossKind` says; to be filled by the caller.
    package let labels: UnsafeMutablePointer<Float>
    package let labelCount: Int
    /// The sum of the losses of each maximal subtree of the shard after `run`, unweighted.
    package let subtreeSums: UnsafeMutablePointer<Double>

    /// - Parameter gradient: where d(weight · loss) / d(output) goes; nil computes the loss alone.
    package init(
        _ kind: LossKind, output: TensorView, gradient: TensorView?, kernels: Kernels, tree: ReductionTree
    ) {
        self.tree = tree
        samples = output.samples
        let rows = output.rows
        chunks = Int(rows.chunks)
        labelCount = output.samples * output.height * output.width * kind.labelChannels
        labels = arguments.keep([Float](repeating: kind.unknownLabel, count: labelCount))
        counts = arguments.keep([Int64](repeating: 0, count: samples * chunks))
        partials = arguments.keep([Double](repeating: 0, count: samples * chunks))
        subtreeSums = arguments.keep([Double](repeating: 0, count: tree.subtrees))
        scale = arguments.keep([Float(0)])
        let (identifier, kernel) = kind.kernel(kernels)
        let items = Int32(samples * chunks)
        let count = mdl_known_count(labels: labels, extent: output.extent, rows: rows, kind: identifier, count: counts)
        countStep = arguments.keep(
            mdl_step(
                kernel: kernels.passes.known_count, arguments: UnsafeRawPointer(arguments.keep(count)), items: items,
                tag: 0))
        let loss = mdl_loss(
            output: output.view, gradient: gradient?.view ?? mdl_view(), labels: labels, extent: output.extent,
            rows: rows, scale: scale, partial: partials, smoothing: kind.smoothing)
        lossStep = arguments.keep(
            mdl_step(kernel: kernel, arguments: UnsafeRawPointer(arguments.keep(loss)), items: items, tag: 0))
    }

    /// The known elements among the labels of this rank's samples (3 per pixel for normals).
    package func countKnown(on pool: ThreadPool) -> Int {
        pool.run(countStep, count: 1)
        var total = 0
        for index in 0..<samples * chunks { total += Int(counts[index]) }
        return total
    }

    /// Computes the subtrees' sums of losses and, if asked for, the gradient of weight · (sum / known).
    ///
    /// - Parameter known: the known elements of the global batch; with none the gradient is 0.
    package func run(weight: Double, known: Int, on pool: ThreadPool) {
        scale[0] = known > 0 ? Float(weight / Double(known)) : 0
        pool.run(lossStep, count: 1)
        tree.fold(into: subtreeSums) { sample in
            var sum = 0.0
            for chunk in 0..<chunks { sum += partials[sample * chunks + chunk] }
            return sum
        }
    }

    /// The weighted mean loss, from the sums of all subtrees of the global batch in order, `stride` doubles apart.
    package func value(of sums: UnsafePointer<Double>, stride: Int, weight: Double, known: Int) -> Double {
        guard known > 0 else { return 0 }
        return weight * tree.combine(sums, stride: stride) / Double(known)
    }
}
