/// What a metric, or a fit over labels, has seen: a form that adds up to the same bits in any order and on any number
/// of ranks.
///
/// Whatever can be counted is counted in integers, which add exactly. What must be summed in Double is kept as one row
/// for each sample, formed in row-major order of its pixels, and rows are folded in sample order when results are asked
/// for. A median needs the pixels' values themselves, which are kept as long as they are few.
/// Across ranks: sum `counts`, gather `samples`, `rows` and `pixelValues`, in any order.
package struct MetricTally: Sendable, Equatable {
    /// The number of scored samples (a metric may leave samples out), the number of scored pixels, then the counts that
    /// the metric defines.
    package private(set) var counts: [Int64]
    /// Doubles of each sample.
    package let columns: Int
    /// The global index of each row's sample.
    package private(set) var samples: [Int]
    /// `samples.count` × `columns`, row after row.
    package private(set) var rows: [Double]
    /// One value of each scored pixel, in no order, if the metric wants it; empty above ``pixelValueLimit`` pixels.
    package private(set) var pixelValues: [Float]

    /// Above so many scored pixels their values are no longer kept (16 MB). Whether they are depends on the whole set
    /// only, not on how it was split.
    package static let pixelValueLimit = 1 << 22

    private static let leadingCounts = 2

    /// An empty tally of a metric that defines so many counts, and so many Doubles for each sample.
    init(counts: Int, columns: Int) {
        self.counts = [Int64](repeating: 0, count: MetricTally.leadingCounts + counts)
        self.columns = columns
        samples = []
        rows = []
        pixelValues = []
    }

    /// The same kind of tally with other contents, such as the sum over ranks.
    package func replacing(
        counts: [Int64], samples: [Int], rows: [Double], pixelValues: [Float] = []
    ) -> MetricTally {
        precondition(
            counts.count == self.counts.count && rows.count == samples.count * columns,
            "the contents have the shape of the tally that they replace")
        var tally = self
        tally.counts = counts
        tally.samples = samples
        tally.rows = rows
        tally.pixelValues = pixelValues
        tally.dropPixelValuesIfMany()
        return tally
    }

    /// Pixels that were scored.
    package var scoredPixels: Int { Int(counts[1]) }

    /// Adds what `other`, a tally of the same metric over other samples, has seen.
    package mutating func merge(_ other: MetricTally) {
        precondition(
            other.counts.count == counts.count && other.columns == columns, "only tallies of one metric add up")
        for index in counts.indices {
            counts[index] &+= other.counts[index]
        }
        samples += other.samples
        rows += other.rows
        pixelValues += other.pixelValues
        dropPixelValuesIfMany()
    }

    /// Notes a scored sample of `pixels` scored pixels.
    mutating func addSample(pixels: Int) {
        counts[0] += 1
        counts[1] += Int64(pixels)
    }

    /// Notes a sample's Doubles.
    mutating func addRow(_ values: [Double], sample: Int) {
        precondition(values.count == columns, "a row has one value for each column")
        samples.append(sample)
        rows += values
    }

    /// Notes the values of a sample's scored pixels, after the sample was noted.
    mutating func addPixelValues(_ values: [Float]) {
        pixelValues += values
        dropPixelValuesIfMany()
    }

    private mutating func dropPixelValuesIfMany() {
        if scoredPixels > MetricTally.pixelValueLimit { pixelValues = [] }
    }

    /// Lends the metric's own counts.
    mutating func updateCounts<Result>(_ body: (UnsafeMutablePointer<Int64>) -> Result) -> Result {
        counts.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                preconditionFailure("a tally has counts")
            }
            return body(base + MetricTally.leadingCounts)
        }
    }

    /// The metric's own count number `index`.
    func count(_ index: Int) -> Int64 { counts[MetricTally.leadingCounts + index] }

    /// The rows in the order of their samples' indices.
    var rowsInSampleOrder: [ArraySlice<Double>] {
        let order = samples.indices.sorted { samples[$0] < samples[$1] }
        for (before, after) in zip(order, order.dropFirst()) {
            precondition(samples[before] != samples[after], "sample \(samples[after]) was scored twice")
        }
        return order.map { rows[$0 * columns..<($0 + 1) * columns] }
    }

    /// The sum of each column, in sample order.
    var columnSums: [Double] {
        var sums = [Double](repeating: 0, count: columns)
        for row in rowsInSampleOrder {
            for (column, value) in row.enumerated() {
                sums[column] += value
            }
        }
        return sums
    }
}
