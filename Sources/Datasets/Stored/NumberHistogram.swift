/// How many numbers there are of each size, from which their quantiles are read to within 1 %; the least and the greatest
/// are kept exactly.
///
/// Its memory does not depend on how many numbers were added, and its sums are of integers, so parts may be merged in any
/// order.
package struct NumberHistogram: Sendable {
    package private(set) var count = 0
    package private(set) var least = Float.infinity
    package private(set) var greatest = -Float.infinity
    /// By sign, exponent and the first six bits of the fraction, in the order of the numbers.
    private var counts = [Int](repeating: 0, count: 1 << 15)

    private static let dropped: UInt32 = 17

    package init() {}

    /// Adds a number, which is finite.
    mutating func add(_ value: Float) {
        count += 1
        least = min(least, value)
        greatest = max(greatest, value)
        let bits = value.bitPattern
        // As integers, negative numbers run backwards and behind the others.
        counts[Int((bits >> 31 == 1 ? ~bits : bits | 1 << 31) >> Self.dropped)] += 1
    }

    mutating func merge(_ other: NumberHistogram) {
        count += other.count
        least = min(least, other.least)
        greatest = max(greatest, other.greatest)
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    /// The number below which `share` of all are; nil where there is none.
    package func quantile(_ share: Double) -> Float? {
        guard count > 0 else { return nil }
        let rank = Int((share * Double(count - 1)).rounded())
        var before = 0
        let bin = counts.firstIndex { inBin in
            before += inBin
            return before > rank
        }!
        before -= counts[bin]
        // The numbers of a bin are taken as spread evenly over it.
        let (first, last) = (Self.number(bin, rest: 0), Self.number(bin, rest: 1 << Self.dropped - 1))
        let part = (Float(rank - before) + 0.5) / Float(counts[bin])
        return min(max(first + (last - first) * part, least), greatest)
    }

    /// The number whose first bits are those of a bin.
    private static func number(_ bin: Int, rest: UInt32) -> Float {
        let ordered = UInt32(bin) << dropped | rest
        return Float(bitPattern: ordered >> 31 == 1 ? ordered & ~(1 << 31) : ~ordered)
    }
}
