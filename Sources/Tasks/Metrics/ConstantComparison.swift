/// A task's figure beside that of the constant predictor.
package struct ConstantComparison: Sendable, Equatable {
    package let achieved: MetricResult
    package let constant: MetricResult

    /// Compares two figures of one metric.
    package init(achieved: MetricResult, constant: MetricResult) {
        precondition(
            achieved.figure == constant.figure && achieved.convention == constant.convention,
            "only figures of one metric are comparable")
        self.achieved = achieved
        self.constant = constant
    }

    /// The share of the way from the constant's value to the perfect one: 0 is no better than the constant, 1 perfect,
    /// below 0 worse. For an error it is 1 − its ratio to the constant's: one bar fits scores and errors.
    package var progress: Double {
        let way = achieved.perfectValue - constant.value
        // Where the constant is perfect already there is no way to go: all is done or nothing is.
        guard way != 0 else { return achieved.value == achieved.perfectValue ? 1 : 0 }
        return (achieved.value - constant.value) / way
    }
}
