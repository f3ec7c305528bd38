import COpenBLAS
import TensorCore

/// The principal axes of a distribution, the one of largest variance first.
struct PrincipalComponents {
    /// The variances along the axes, descending.
    let variances: [Double]
    /// [axis][coordinate]: axes of unit length, each with its largest coordinate (the first of equals) positive.
    let axes: [Double]

    var count: Int { variances.count }

    /// - Parameter covariance: count × count, row-major; the upper triangle counts.
    /// - Throws: `UsageError` where LAPACK is missing; `ResponseError` where it finds no axes.
    init(covariance: [Double], count: Int, of name: String) throws {
        precondition(covariance.count == count * count, "a covariance is a square matrix")
        guard covariance.allSatisfy(\.isFinite) else { throw ResponseError.nonFinite(name) }
        var vectors = covariance
        var values = [Double](repeating: 0, count: count)
        var text = [CChar](repeating: 0, count: 256)
        let status = mdl_eigenvectors(&vectors, Int32(count), &values, &text, text.count)
        guard status != MDL_EIGENVECTORS_NOT_THERE else {
            let reason = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw UsageError(
                "response initialization needs OpenBLAS's LAPACK, which cannot be opened (\(reason)); "
                    + "install it (Debian: libopenblas0)")
        }
        guard status == MDL_EIGENVECTORS_OK else { throw ResponseError.noAxes(name) }
        var axes: [Double] = []
        axes.reserveCapacity(count * count)
        for place in (0..<count).reversed() {
            let axis = vectors[place * count..<(place + 1) * count]
            var largest = axis.startIndex
            for index in axis.indices where abs(axis[index]) > abs(axis[largest]) { largest = index }
            axes += axis[largest] < 0 ? axis.map { -$0 } : Array(axis)
        }
        variances = values.reversed()
        self.axes = axes
    }

    /// The fewest axes that hold `share` of the whole variance, at least one. Rounding may leave variances a little below
    /// 0, which count as 0.
    func count(holding share: Double) -> Int {
        let total = variances.reduce(0) { $0 + max(0, $1) }
        var held = 0.0
        for (index, variance) in variances.enumerated() {
            held += max(0, variance)
            if held >= share * total { return index + 1 }
        }
        return count
    }

    /// The share of the whole variance that the first `count` axes hold; 1 where there is none.
    func share(heldBy count: Int) -> Double {
        let total = variances.reduce(0) { $0 + max(0, $1) }
        return total > 0 ? variances.prefix(count).reduce(0) { $0 + max(0, $1) } / total : 1
    }
}
