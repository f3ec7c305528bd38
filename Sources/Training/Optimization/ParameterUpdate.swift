import CConvolution
import CThreadPool
import Configuration
import ConvolutionEngine
import Graph
import TensorCore

/// What a step does with one graph's trained values once their gradients are those of the whole batch: it scales the
/// gradients down to the largest norm, moves the values by the optimizer's rule, and takes them into the average. Nothing
/// is allocated.
package final class ParameterUpdate {
    private let arguments = ArgumentStore()
    private let optimizer: any Optimizer
    /// What differs between parts of the network; coefficients are in this order.
    private let groups: [PartFactors.Factors]
    private let coefficients: UnsafeMutablePointer<Float>
    /// What gradients are multiplied with.
    private let scale: UnsafeMutablePointer<Float>
    private let clipping: Clipping?
    /// How much of the values the average takes in after the first step.
    private let averageShare: Float
    private let averageWeight: UnsafeMutablePointer<Float>
    private let steps: UnsafeMutablePointer<mdl_step>
    private let stepCount: Int

    /// The sums of the gradients' squares.
    private struct Clipping {
        let largestNorm: Double
        let step: UnsafeMutablePointer<mdl_step>
        let sums: UnsafeMutablePointer<Double>
        /// Pieces of each tensor.
        let pieces: UnsafeMutablePointer<Int32>
        let tensors: Int
    }

    /// - Parameters:
    ///   - storage: has a gradient; all that is trained of the graph.
    ///   - state: kept for `storage` by the same settings.
    package init(
        _ storage: ParameterStorage, state: OptimizerState, settings: TrainingSettings, kernels: Kernels
    ) {
        guard let gradient = storage.gradient?.floats() else { preconditionFailure("only trained values can be moved") }
        optimizer = settings.optimizer.optimizer
        let name = type(of: optimizer).name
        guard let kernel = withUnsafePointer(to: kernels.passes, { mdl_optimizer_named($0, name) }) else {
            preconditionFailure("\(name) has no kernel in MDL_OPTIMIZERS")
        }
        var groups: [PartFactors.Factors] = []
        var pieces: [mdl_piece] = []
        var counts: [Int32] = []
        for entry in storage.layout.entries {
            let factors = settings.factors.factors(of: entry.parameter)
            if !groups.contains(factors) { groups.append(factors) }
            let before = pieces.count
            for first in stride(from: 0, to: entry.parameter.count, by: Int(mdl_piece_length)) {
                let count = min(Int(mdl_piece_length), entry.parameter.count - first)
                pieces.append(
                    mdl_piece(
                        first: entry.offset + first, count: Int32(count), group: Int32(groups.firstIndex(of: factors)!))
                )
            }
            counts.append(Int32(pieces.count - before))
        }
        self.groups = groups
        coefficients = arguments.keep([Float](repeating: 0, count: groups.count * Int(mdl_optimizer_coefficients)))
        scale = arguments.keep(Float(1))
        averageShare = Float(1 - settings.average.decay)
        averageWeight = arguments.keep(Float(1))

        let (arguments, items) = (arguments, Int32(pieces.count))
        let kept = UnsafePointer(arguments.keep(pieces))
        func step<Arguments: BitwiseCopyable>(_ kernel: mdl_kernel?, _ own: Arguments) -> mdl_step {
            mdl_step(kernel: kernel, arguments: UnsafeRawPointer(arguments.keep(own)), items: items, tag: 0)
        }
        let own = state.memories.prefix(type(of: optimizer).states.count).map { Optional($0.memory.floats()) }
        let memories = own + [nil, nil, nil, nil]
        let values = storage.values.floats()
        var steps = [
            step(
                kernel,
                mdl_optimizer_step(
                    value: values, gradient: gradient, states: (memories[0], memories[1], memories[2], memories[3]),
                    pieces: kept, coefficients: coefficients, scale: scale))
        ]
        if let average = state.average?.floats() {
            steps.append(
                step(
                    kernels.passes.average,
                    mdl_average_step(average: average, value: values, pieces: kept, weight: averageWeight)))
        }
        (self.steps, stepCount) = (arguments.keep(steps), steps.count)
        clipping = settings.clipNorm.map { largestNorm in
            let sums = arguments.keep([Double](repeating: 0, count: pieces.count))
            return Clipping(
                largestNorm: largestNorm,
                step: arguments.keep(
                    step(
                        kernels.passes.square_sums, mdl_square_sums(gradient: gradient, pieces: kept, sums: sums))),
                sums: sums, pieces: arguments.keep(counts), tensors: counts.count)
        }
    }

    /// Moves the values against their gradients.
    ///
    /// - Parameters:
    ///   - rate: the learning rate, before the factors of parts.
    ///   - update: 1 for the first step of a run.
    package func run(rate: Double, update: Int, on pool: ThreadPool) {
        scale[0] = clippingFactor(on: pool)
        for place in groups.indices {
            optimizer.write(
                coefficients + place * Int(mdl_optimizer_coefficients), rate: rate * groups[place].learningRate,
                decayFactor: groups[place].weightDecay, update: update)
        }
        averageWeight[0] = update == 1 ? 1 : averageShare
        pool.run(steps, count: stepCount)
    }

    /// What scales the gradients' norm down to the largest, by the rule of `torch.nn.utils.clip_grad_norm_`: largest /
    /// (norm + 10⁻⁶) where that is below 1. The norm is of sums in double, over the pieces of each tensor in order and then
    /// over the tensors in the order of the layout, so that it has the same bits on any number of threads and ranks.
    private func clippingFactor(on pool: ThreadPool) -> Float {
        guard let clipping else { return 1 }
        pool.run(clipping.step, count: 1)
        var (total, place) = (0.0, 0)
        for tensor in 0..<clipping.tensors {
            var sum = 0.0
            for _ in 0..<clipping.pieces[tensor] {
                sum += clipping.sums[place]
                place += 1
            }
            total += sum
        }
        let factor = clipping.largestNorm / (total.squareRoot() + 1e-6)
        return factor < 1 ? Float(factor) : 1
    }
}

extension PartFactors {
    /// The product of the factors of all parts that `parameter` belongs to.
    func factors(of parameter: Graph.Parameter) -> Factors {
        let part =
            switch parameter.part {
            case .backbone: backbone
            case .decoder, .classifier: decoder
            }
        switch parameter.kind {
        case .modulator: return part * modulators
        case .norm: return part * norms
        case .filter, .shortcut, .bias: return part
        }
    }
}
