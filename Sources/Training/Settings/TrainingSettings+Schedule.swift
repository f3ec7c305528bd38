import Configuration

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
}
