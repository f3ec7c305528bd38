import CConvolution
import CThreadPool
import ConvolutionEngine
import TensorCore

/// The loss of one task on a network's output, with its gradient.
///
/// A mean over the global batch needs its divisor before the backward pass, so a step first counts what labels know. Per
/// sample the losses are summed in double in pixel order; samples are folded along the tree.
package final class TaskLoss {
    private let arguments = ArgumentStore()
    private let kind: LossKind
    private let layout: LossCounts
    private let tree: ReductionTree
    private let samples: Int
    private let chunks: Int
    private let countStep: UnsafeMutablePointer<mdl_step>
    private let lossStep: UnsafeMutablePointer<mdl_step>
    private let statistics: (any ImageStatistics)?
    /// Of every item: known elements, labels above 0.5, the pixels of classes.
    private let counts: UnsafeMutablePointer<Int64>
    /// The weights of positives and negatives.
    private let binaryWeights: UnsafeMutablePointer<Double>
    private let partials: UnsafeMutablePointer<Double>
    private let scale: UnsafeMutablePointer<Float>

    /// Labels, samples × height × width × label channels, encoded as `LossKind` says; to be filled by the caller.
    package let labels: UnsafeMutablePointer<Float>
    package let labelCount: Int
    /// The sum of the losses of each maximal subtree of the shard after `run`, unweighted.
    package let subtreeSums: UnsafeMutablePointer<Double>
    /// Numbers that `count` gives.
    package var countLength: Int { layout.length }

    /// - Parameter gradient: where d(weight · loss) / d(output) goes; nil computes the loss alone.
    package init(
        _ kind: LossKind, output: TensorView, gradient: TensorView?, kernels: Kernels, tree: ReductionTree
    ) {
        self.kind = kind
        self.tree = tree
        layout = LossCounts(kind, channels: output.channels)
        samples = output.samples
        let rows = output.rows
        chunks = Int(rows.chunks)
        let labelChannels = kind.labelChannels(output.channels)
        labelCount = output.samples * output.height * output.width * labelChannels
        labels = arguments.keep([Float](repeating: kind.unknownLabel, count: labelCount))
        counts = arguments.keep([Int64](repeating: 0, count: samples * chunks * (2 + layout.classes.count)))
        binaryWeights = arguments.keep([Double](repeating: 0, count: 2))
        partials = arguments.keep([Double](repeating: 0, count: samples * chunks))
        subtreeSums = arguments.keep([Double](repeating: 0, count: tree.subtrees))
        scale = arguments.keep([Float(0)])
        let items = Int32(samples * chunks)
        let passes = kernels.passes
        var labelExtent = output.extent
        labelExtent.channels = Int32(labelChannels)
        let count = mdl_label_counts(
            labels: labels, extent: labelExtent, rows: rows, unknown: kind.unknown,
            classes: Int32(layout.classes.count), counts: counts)
        countStep = arguments.keep(
            mdl_step(
                kernel: passes.label_counts, arguments: UnsafeRawPointer(arguments.keep(count)), items: items, tag: 0))
        let loss = mdl_loss(
            output: output.view, gradient: gradient?.view ?? mdl_view(), labels: labels, extent: output.extent,
            rows: rows, scale: scale, partial: partials)
        let kernel: mdl_kernel?
        let given: UnsafeRawPointer
        switch kind {
        case .crossEntropy(let settings):
            statistics = settings.dice.map { [labels, arguments] in
                DiceStatistics($0, output: output, labels: labels, kernel: passes.class_overlap, in: arguments)
            }
            kernel = passes.loss_cross_entropy
            given = UnsafeRawPointer(
                arguments.keep(
                    mdl_cross_entropy(
                        loss: loss, smoothing: settings.smoothing, gamma: settings.gamma,
                        weights: settings.classWeights.map { [arguments] in UnsafePointer(arguments.keep($0)) },
                        overlap: statistics?.coefficients)))
        case .binaryCrossEntropy(let settings):
            statistics = settings.dice.map { [labels, arguments] in
                DiceStatistics($0, output: output, labels: labels, kernel: passes.binary_overlap, in: arguments)
            }
            kernel = passes.loss_binary_cross_entropy
            given = UnsafeRawPointer(
                arguments.keep(
                    mdl_binary_cross_entropy(
                        loss: loss, weights: binaryWeights, gamma: settings.gamma,
                        unknown_counts: settings.unknownAddsLog2 ? 1 : 0, overlap: statistics?.coefficients)))
        case .error(let function, _):
            switch function {
            case .reverseHuber, .scaleInvariantLog:
                statistics = ErrorStatistics(
                    function, output: output, labels: labels, unknown: kind.unknown, kernels: kernels, in: arguments)
            case .absolute, .squared, .huber, .absoluteLog: statistics = nil
            }
            kernel = passes.loss_error
            given = UnsafeRawPointer(
                arguments.keep(
                    mdl_error_loss(
                        loss: loss, unknown: kind.unknown, error: function.kind, constant: function.constant,
                        coefficients: statistics?.coefficients)))
        case .cosine:
            precondition(output.channels == 3, "directions have three channels")
            statistics = nil
            kernel = passes.loss_cosine
            given = UnsafeRawPointer(arguments.keep(loss))
        }
        lossStep = arguments.keep(mdl_step(kernel: kernel, arguments: given, items: items, tag: 0))
    }

    /// Counts what the labels of this rank's samples know.
    ///
    /// - Parameter totals: `countLength` numbers, to be summed over ranks.
    package func count(into totals: UnsafeMutablePointer<Int64>, on pool: ThreadPool) {
        pool.run(countStep, count: 1)
        layout.sum(counts, samples: samples, chunks: chunks, into: totals)
    }

    /// Computes the subtrees' sums of losses and, if asked for, the gradient of weight · loss; comes after `count`.
    ///
    /// - Parameter counts: those of the global batch; where nothing is known the gradient is 0.
    package func run(weight: Double, counts: UnsafePointer<Int64>, on pool: ThreadPool) {
        let divisor = layout.divisor(counts)
        scale[0] = divisor > 0 ? Float(weight / divisor) : 0
        if case .binaryCrossEntropy(let loss) = kind {
            (binaryWeights[0], binaryWeights[1]) = layout.binaryWeights(loss.weights, counts)
        }
        // What an image adds is a mean over images, and what its pixels add one over `divisor`.
        var addedFactor = 0.0
        if let statistics {
            let images = kind.dice == nil ? 0 : layout.imageCount(counts)
            pool.run(statistics.step, count: 1)
            statistics.fold(scale: images > 0 ? weight / images : 0)
            addedFactor = images > 0 ? Self.unit(divisor) / images : 0
        }
        pool.run(lossStep, count: 1)
        tree.fold(into: subtreeSums) { sample in
            var sum = 0.0
            for chunk in 0..<chunks { sum += partials[sample * chunks + chunk] }
            if let statistics, addedFactor > 0, isKnown(sample) { sum += statistics.added(sample) * addedFactor }
            return sum
        }
    }

    /// The weighted mean loss, from the sum over the global batch.
    package func value(ofSum sum: Double, weight: Double, counts: UnsafePointer<Int64>) -> Double {
        guard counts[0] > 0 else { return 0 }
        return weight * sum / Self.unit(layout.divisor(counts))
    }

    /// A divisor that divides: where all known pixels have the weight 0, their sum is 0 too.
    private static func unit(_ divisor: Double) -> Double { divisor > 0 ? divisor : 1 }

    /// Whether the last count found a known element in the sample.
    private func isKnown(_ sample: Int) -> Bool {
        let stride = 2 + layout.classes.count
        return (0..<chunks).contains { counts[(sample * chunks + $0) * stride] > 0 }
    }
}
