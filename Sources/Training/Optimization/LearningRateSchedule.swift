import Configuration
import Foundation

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

extension TrainingSettings {
    /// How the learning rate falls from `learningRate` on.
    package var learningRateSchedule: LearningRateSchedule {
        switch schedule {
        case .polynomial: .polynomial(power: power)
        case .cosine: .cosine
        case .step: .steps(plateaus: plateaus, factor: factor)
        case .constant: .constant
        }
    }

    /// The learning rate of `step`, 0 ..< `iterations`: the schedule's, which the first steps approach in equal parts.
    package func learningRate(at step: Int) -> Double {
        let rate = learningRateSchedule.rate(learningRate, step: step, steps: iterations)
        return step < warmup ? rate * (Double(step + 1) / Double(warmup)) : rate
    }
}
