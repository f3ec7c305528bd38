/// How values are distributed: counts in intervals of equal width from the smallest to the largest.
package struct Histogram: Sendable, Equatable {
    package let smallest: Double
    package let largest: Double
    /// The sum of the values, and of their squares, in order.
    package let sum: Double
    package let sumOfSquares: Double
    package let counts: [Int]

    package var count: Int { counts.reduce(0, +) }

    /// The upper end of each interval.
    package var limits: [Double] {
        let width = (largest - smallest) / Double(counts.count)
        return counts.indices.map { $0 == counts.count - 1 ? largest : smallest + width * Double($0 + 1) }
    }

    /// Values that are not finite are left out; nil where none remains.
    package init?(_ values: UnsafeBufferPointer<Float>, intervals: Int = 30) {
        var (smallest, largest, sum, squares) = (Double.infinity, -Double.infinity, 0.0, 0.0)
        for value in values where value.isFinite {
            let value = Double(value)
            smallest = min(smallest, value)
            largest = max(largest, value)
            sum += value
            squares += value * value
        }
        guard smallest <= largest else { return nil }
        var counts = [Int](repeating: 0, count: intervals)
        let scale = largest > smallest ? Double(intervals) / (largest - smallest) : 0
        for value in values where value.isFinite {
            counts[min(Int((Double(value) - smallest) * scale), intervals - 1)] += 1
        }
        self.smallest = smallest
        self.largest = largest
        self.sum = sum
        sumOfSquares = squares
        self.counts = counts
    }
}

/// The values of one parameter and of its last gradient.
package struct ParameterHistogram: Sendable {
    /// As in files: `layer1.0.conv1.Wt.semseg.weight_v`.
    package let name: String
    package let values: Histogram
    /// Over the whole batch; nil where no step was done in this session, and of tasks that other ranks train.
    package let gradient: Histogram?
}
