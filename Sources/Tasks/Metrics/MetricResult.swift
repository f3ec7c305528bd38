/// What the value of a metric is counted in.
package enum MetricUnit: String, CaseIterable, Codable, Sendable {
    /// A share of 1.
    case share
    case degrees
    case metres
    /// The difference of natural logarithms.
    case naturalLogarithm = "natural_logarithm"
    /// An error over the true value.
    case ratio
    /// A gain in percent.
    case percent
    /// The unit of the labels, which only the data set knows.
    case label = "label_unit"
}

/// Which of two values of a figure is the better one.
package enum MetricDirection: String, Codable, Sendable {
    /// The perfect value is 1.
    case higher
    /// The perfect value is 0.
    case lower
}

/// A figure that a metric computes: its name, its unit, and which way is better.
package struct MetricFigure: Codable, Sendable, Equatable {
    /// In snake_case, without the unit: `mean_iou`, `max_f`, `mean_angular_error`.
    package let name: String
    package let unit: MetricUnit
    package let direction: MetricDirection

    package init(_ name: String, _ unit: MetricUnit, _ direction: MetricDirection) {
        self.name = name
        self.unit = unit
        self.direction = direction
    }

    /// A figure of which only name and unit were kept, as in files of version 0.1.0. All shares of that time were
    /// better the higher they were, and all else was an error.
    package init(name: String, unit: MetricUnit) {
        self.init(name, unit, unit == .share ? .higher : .lower)
    }
}

/// The value of one figure over a set of samples.
package struct MetricResult: Sendable, Equatable {
    package let figure: MetricFigure
    package let value: Double
    /// Whose rules the value was computed by; values of different conventions are not comparable.
    package let convention: MetricConvention

    package init(_ figure: MetricFigure, value: Double, convention: MetricConvention) {
        self.figure = figure
        self.value = value
        self.convention = convention
    }

    package var name: String { figure.name }
    package var unit: MetricUnit { figure.unit }
    package var higherIsBetter: Bool { figure.direction == .higher }

    /// The value that nothing can surpass.
    package var perfectValue: Double { higherIsBetter ? 1 : 0 }

    /// Whether this value is better than `other`, a value of the same figure. A value that is no number is never better,
    /// and any number is better than none.
    package func isBetter(than other: Double) -> Bool {
        guard !value.isNaN else { return false }
        return other.isNaN || (higherIsBetter ? value > other : value < other)
    }

    /// How much better this is than a baseline's value of the same figure, in percent of that value's size; negative is
    /// worse. A task's term of ``RelativeImprovement``, nil where the baseline's value is 0.
    package func improvementPercent(over baseline: MetricResult) -> Double? {
        precondition(
            figure == baseline.figure && convention == baseline.convention, "only values of one figure are comparable")
        guard baseline.value != 0 else { return nil }
        // R² may be below 0: then the size is that of the value without its sign.
        let change = 100 * (value - baseline.value) / abs(baseline.value)
        return higherIsBetter ? change : -change
    }
}
