import Tasks

/// What a run came to.
package struct TrainingResult: Sendable {
    /// How good one task became, and what it costs.
    package struct Task: Sendable {
        package let name: String
        /// The primary metric first.
        package let results: [MetricResult]
        /// The same metrics of the best constant prediction; none where there is no known pixel to fit it to.
        package let constants: [MetricResult]
        /// Floats that belong to the task alone.
        package let parameters: Int

        /// The primary metric beside the constant's; nil where no validation pixel was known, or there is no constant.
        package var comparison: ConstantComparison? {
            guard let own = results.first, let constant = constants.first(where: { $0.name == own.name }) else {
                return nil
            }
            return ConstantComparison(achieved: own, constant: constant)
        }
    }

    package let tasks: [Task]
    package let bankParameters: Int
    /// Steps that were done.
    package let step: Int
    /// Which validation was the best; nil in runs that do not ask.
    package let course: ValidationCourse?
}
