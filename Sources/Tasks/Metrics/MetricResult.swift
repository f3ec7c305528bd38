/// What the value of a metric is counted in.
package enum MetricUnit: String, Sendable {
    /// A share of 1; a perfect score is 1.
    case share
    case degrees
    case metres
    /// The difference of natural logarithms.
    case naturalLogarithm = "natural_logarithm"
}

/// One figure of a task's quality.
package struct MetricResult: Sendable, Equatable {
    /// In snake_case, without the unit: `mean_iou`, `max_f`, `mean_angular_error`.
    package let name: String
    package let value: Double
    package let unit: MetricUnit
    /// Whose rules the figure was computed by; figures of different conventions are not comparable.
    package let convention: MetricConvention

    package init(name: String, value: Double, unit: MetricUnit, convention: MetricConvention) {
        self.name = name
        self.value = value
        self.unit = unit
        self.convention = convention
    }

    /// Scores are shares of 1; everything else is an error, and 0 is perfect.
    package var higherIsBetter: Bool { unit == .share }

    /// The value that nothing can surpass.
    package var perfectValue: Double { higherIsBetter ? 1 : 0 }

    /// How much better this is than a baseline's figure of the same metric, in percent of that; negative is worse. A
    /// task's term of ``RelativeImprovement``, nil where the baseline's figure is 0.
    package func improvementPercent(over baseline: MetricResult) -> Double? {
        precondition(
            name == baseline.name && convention == baseline.convention, "only figures of one metric are comparable")
        guard baseline.value != 0 else { return nil }
        let change = 100 * (value - baseline.value) / baseline.value
        return higherIsBetter ? change : -change
    }
}
