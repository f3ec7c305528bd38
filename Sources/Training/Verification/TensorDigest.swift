import Foundation
import TensorCore

/// What is compared of a tensor: its shape, its Euclidean norm and eight of its values.
package struct TensorDigest: Codable, Sendable, Equatable {
    package var shape: [Int]
    package var norm: Double
    /// Places in row-major order of `shape`.
    package var at: [Int]
    package var value: [Double]

    /// The digest of `values`, the places drawn by the tensor's name.
    package init(name: String, shape: [Int], values: [Double]) {
        precondition(values.count == shape.reduce(1, *), "\(name) does not fill its shape")
        self.shape = shape
        norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let stream = RandomStream("sample." + name)
        at = (0..<8).map { Int(stream.bits(UInt64($0)) % UInt64(values.count)) }
        value = at.map { values[$0] }
    }

    /// The root mean square of the tensor's values.
    var rootMeanSquare: Double { norm / Double(shape.reduce(1, *)).squareRoot() }
}

extension GoldenCase.Yardstick {
    /// How far `actual` strays from `expected` over the tensors of one group, each in proportion to its own size, or to
    /// a thousandth of the largest where it is smaller than that. Infinite where tensors are missing or of other shape.
    package init(actual: [String: TensorDigest], expected: [String: TensorDigest]) {
        let floorMean = 1e-3 * (expected.values.map(\.rootMeanSquare).max() ?? 0)
        let floorNorm = 1e-3 * (expected.values.map(\.norm).max() ?? 0)
        var sampleErrors: [Double] = []
        var normErrors: [Double] = []
        for (name, target) in expected {
            guard let own = actual[name], own.shape == target.shape, own.at == target.at else {
                sampleErrors.append(.infinity)
                normErrors.append(.infinity)
                continue
            }
            let squares = zip(own.value, target.value).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            sampleErrors.append((squares / 8).squareRoot() / max(target.rootMeanSquare, floorMean))
            normErrors.append(abs(own.norm - target.norm) / max(target.norm, floorNorm))
        }
        if actual.count != expected.count { sampleErrors.append(.infinity) }
        // A NaN compares as smaller than anything; here it is the worst.
        sampleErrors = sampleErrors.map { $0.isNaN ? .infinity : $0 }.sorted()
        normErrors = normErrors.map { $0.isNaN ? .infinity : $0 }
        let middle = sampleErrors.count / 2
        samples = sampleErrors.last ?? 0
        samplesMedian =
            sampleErrors.isEmpty
            ? 0
            : sampleErrors.count % 2 == 1 ? sampleErrors[middle] : (sampleErrors[middle - 1] + sampleErrors[middle]) / 2
        norm = normErrors.max() ?? 0
    }
}
