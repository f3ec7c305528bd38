import CConvolution

/// Winograd's matrices as their points define them, in double precision.
struct WinogradDefinition {
    let tile: Int
    var places: Int { tile + 2 }
    /// A', G and B', row by row.
    private(set) var output: [[Double]]
    private(set) var filter: [[Double]]
    private(set) var input: [[Double]]

    init(tile: Int) {
        self.tile = tile
        let half = 0.5.squareRoot(), two = 2.0.squareRoot()
        let points = [2: [0, 1, -1], 3: [half, -half, two, -two], 4: [0, half, -half, two, -two]][tile]!
        /// The coefficients of Π (x − root), the constant first.
        func polynomial(_ roots: [Double]) -> [Double] {
            roots.reduce([1]) { product, root in
                zip([0] + product, product + [0]).map { $0 - root * $1 }
            }
        }
        func padded(_ coefficients: [Double]) -> [Double] {
            coefficients + [Double](repeating: 0, count: tile + 2 - coefficients.count)
        }
        func powers(_ base: Double, _ count: Int) -> [Double] {
            (0..<count).reduce(into: []) { powers, _ in powers.append((powers.last ?? 1 / base) * base) }
        }
        func infinity(_ count: Int) -> [Double] { [Double](repeating: 0, count: count - 1) + [1] }
        func one(_ count: Int) -> [Double] { [1] + [Double](repeating: 0, count: count - 1) }
        input = []
        filter = []
        var columns: [[Double]] = []
        for (index, point) in points.enumerated() {
            let others = points.enumerated().filter { $0.offset != index }.map(\.element)
            let norm = others.reduce(1) { $0 * (point - $1) }
            input.append(padded(polynomial(others)))
            filter.append((point == 0 ? one(3) : powers(point, 3)).map { $0 / norm })
            columns.append(point == 0 ? one(tile) : powers(point, tile))
        }
        input.append(padded(polynomial(points)))
        filter.append(infinity(3))
        columns.append(infinity(tile))
        output = (0..<tile).map { row in columns.map { $0[row] } }
    }

    /// Sums of the magnitudes in every row.
    private func norms(_ matrix: [[Double]]) -> [Double] {
        matrix.map { $0.reduce(0) { $0 + abs($1) } }
    }

    private func transposed(_ matrix: [[Double]]) -> [[Double]] {
        matrix[0].indices.map { column in matrix.map { $0[column] } }
    }

    /// The largest error of an output of the convolution in float32, the inputs and filters being at most 1: with unit
    /// roundoff u, at most
    ///
    ///     (roundings on the way of one product) · u · (max over rows i of Σₚ |A'ᵢₚ| ‖Gₚ‖₁ ‖B'ₚ‖₁)² · channels
    ///
    /// to first order. The matrices are rounded once, and each of the transforms is two lines of as many additions and
    /// multiplications as its rows have entries; the shared terms of the kernels add no cancellation.
    func bound(channels: Int) -> Double {
        let (g, b) = (norms(filter), norms(input))
        let growth = output.map { row in row.indices.reduce(0) { $0 + abs(row[$1]) * g[$1] * b[$1] } }.max()!
        let roundings = 2 * (places + 2) + 2 * (3 + 2) + 2 * (places + 2) + channels + 3
        return Double(roundings) * 0x1p-24 * growth * growth * Double(channels) * 1.001
    }

    /// The same of an element of the filter's gradient, from so many tiles.
    func gradientBound(tiles: Int) -> Double {
        let (a, b) = (norms(transposed(output)), norms(input))
        let growth = transposed(filter).map { row in
            row.indices.reduce(0) { $0 + abs(row[$1]) * a[$1] * b[$1] }
        }.max()!
        let roundings = 2 * (places + 2) + 2 * (tile + 2) + 2 * (places + 2) + tiles + 8
        return Double(roundings) * 0x1p-24 * growth * growth * Double(tiles) * 1.001
    }
}
