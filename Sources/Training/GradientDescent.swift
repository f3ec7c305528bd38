import CConvolution
import CThreadPool
import ConvolutionEngine
import Graph
import Foundation
import TensorCore

/// Stochastic gradient descent with momentum and weight decay, by PyTorch's rule, over one arena of parameters:
/// velocity = momentum · velocity + (gradient + decay · value); value −= rate · velocity.
///
/// Every operation is rounded to float32 in this order. A velocity of 0 makes the first step PyTorch's.
package final class GradientDescent {
    private let arguments = ArgumentStore()
    private let step: UnsafeMutablePointer<mdl_step>
    private let rate: UnsafeMutablePointer<Float>

    package init(_ storage: ParameterStorage, momentum: Double, weightDecay: Double, kernels: Kernels) {
        precondition(storage.velocity != nil, "only a trained storage can descend")
        rate = arguments.keep([Float(0)])
        let descent = mdl_descent(
            value: storage.values.floats(), velocity: storage.velocity!.floats(),
            gradient: storage.gradient!.floats(), count: storage.layout.count, rate: rate, momentum: Float(momentum),
            decay: Float(weightDecay))
        let perItem = Int(mdl_parameters_per_item)
        step = arguments.keep(
            mdl_step(
                kernel: kernels.passes.descent, arguments: UnsafeRawPointer(arguments.keep(descent)),
                items: Int32((storage.layout.count + perItem - 1) / perItem), tag: 0))
    }

    /// Moves the parameters against their gradients.
    package func update(rate: Double, on pool: ThreadPool) {
        self.rate[0] = Float(rate)
        pool.run(step, count: 1)
    }
}

/// How the learning rate falls over training.
package enum LearningRateSchedule: Sendable, Equatable {
    /// rate · (1 − step / steps)^power.
    case polynomial(power: Double)
    /// rate · (1 + cos(π · step / steps)) / 2.
    case cosine
    /// rate · factor^⌊plateaus · step / steps⌋.
    case steps(plateaus: Int, factor: Double)
    case constant

    /// The rate at `step`, 0 ..< `steps`.
    package func rate(_ base: Double, step: Int, steps: Int) -> Double {
        switch self {
        case .polynomial(let power): base * pow(1 - Double(step) / Double(steps), power)
        case .cosine: base * (1 + cos(.pi * Double(step) / Double(steps))) / 2
        case .steps(let plateaus, let factor): base * pow(factor, Double(plateaus * step / steps))
        case .constant: base
        }
    }
}
