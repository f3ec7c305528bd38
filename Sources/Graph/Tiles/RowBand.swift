import ConvolutionEngine
import TensorCore

/// Some rows of a map that is as wide as the whole, of which the first are let go as others follow.
final class RowBand {
    let shape: Graph.Shape
    /// The rows that are there.
    private(set) var rows = 0..<0
    private var memory: AlignedMemory

    private var rowCount: Int { shape.width * shape.channels }

    /// - Parameter capacity: rows that memory is taken for; more are taken where they are needed.
    init(_ shape: Graph.Shape, capacity: Int) {
        self.shape = shape
        memory = Self.memory(min(capacity, shape.height), shape)
    }

    /// Bytes of so many rows.
    static func byteCount(_ shape: Graph.Shape, rows: Int) -> Int {
        min(rows, shape.height) * shape.width * shape.channels * MemoryLayout<Float>.stride
    }

    private static func memory(_ rows: Int, _ shape: Graph.Shape) -> AlignedMemory {
        AlignedMemory(byteCount: max(1, byteCount(shape, rows: rows)))
    }

    /// All rows as one tensor.
    var view: TensorView {
        TensorView(
            data: memory.floats(), samples: 1, height: rows.count, width: shape.width, channels: shape.channels)
    }

    /// Lets the rows before `row` go.
    func drop(before row: Int) {
        let first = min(max(row, rows.lowerBound), rows.upperBound)
        guard first > rows.lowerBound else { return }
        let data = memory.floats()
        data.update(from: data + (first - rows.lowerBound) * rowCount, count: (rows.upperBound - first) * rowCount)
        rows = first..<rows.upperBound
    }

    /// Makes room for `count` rows more, whose values are to be set.
    func append(_ count: Int) {
        rows = rows.lowerBound..<rows.upperBound + count
        let bytes = rows.count * rowCount * MemoryLayout<Float>.stride
        guard bytes > memory.byteCount else { return }
        let larger = Self.memory(rows.count, shape)
        larger.floats().update(from: memory.floats(), count: (rows.count - count) * rowCount)
        memory = larger
    }

    /// Sets a region from a tensor that holds `computed`.
    func set(_ region: Region, from tensor: TensorView, holding computed: Region) {
        let left = region.columns.lowerBound - computed.columns.lowerBound
        for row in region.rows {
            let start = ((row - computed.rows.lowerBound) * tensor.width + left) * tensor.pixelStride
            let target = place(row, region.columns.lowerBound)
            for column in 0..<region.width {
                (target + column * shape.channels).update(
                    from: tensor.data + start + column * tensor.pixelStride, count: shape.channels)
            }
        }
    }

    /// Copies a region to `target`, row after row.
    func copy(_ region: Region, to target: UnsafeMutablePointer<Float>) {
        let count = region.width * shape.channels
        for (place, row) in region.rows.enumerated() {
            (target + place * count).update(from: self.place(row, region.columns.lowerBound), count: count)
        }
    }

    private func place(_ row: Int, _ column: Int) -> UnsafeMutablePointer<Float> {
        precondition(rows.contains(row), "the row was let go, or is not there yet")
        return memory.floats() + (row - rows.lowerBound) * rowCount + column * shape.channels
    }
}
