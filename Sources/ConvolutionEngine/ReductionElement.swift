import CConvolution

/// What sums over samples are made of, and how those of two neighbouring subtrees of a ``ReductionTree`` become one.
package enum ReductionElement: Sendable {
    /// A number of a gradient; two are added.
    case float32
    /// A sum; two are added.
    case float64
    /// Count, mean and M2 of a channel as doubles, merged by Chan's formula (Chan, Golub, LeVeque 1983).
    case moments

    /// Bytes of an element.
    package var stride: Int {
        switch self {
        case .float32: MemoryLayout<Float>.stride
        case .float64: MemoryLayout<Double>.stride
        case .moments: 3 * MemoryLayout<Double>.stride
        }
    }

    /// Element i of `left` becomes what it and element i of `right` are together; `left` holds the earlier samples.
    package func combine(_ right: UnsafeRawPointer, into left: UnsafeMutableRawPointer, count: Int) {
        switch self {
        case .float32:
            let (left, right) = (left.assumingMemoryBound(to: Float.self), right.assumingMemoryBound(to: Float.self))
            for index in 0..<count { left[index] += right[index] }
        case .float64:
            let (left, right) = (left.assumingMemoryBound(to: Double.self), right.assumingMemoryBound(to: Double.self))
            for index in 0..<count { left[index] += right[index] }
        case .moments:
            mdl_merge_moments(
                left.assumingMemoryBound(to: Double.self), right.assumingMemoryBound(to: Double.self), Int64(count))
        }
    }
}
