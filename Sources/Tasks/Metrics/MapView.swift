import Datasets

/// A map of float32 values that somebody else owns: what metrics and pictures read, without a copy.
///
/// Channels last; value (row, column, channel) is at `base[row * rowStride + column * channels + channel]`.
/// The row stride lets a view be a window of a larger map. It is valid only as long as the owner keeps the memory.
package struct MapView {
    package let base: UnsafePointer<Float>
    package let height: Int
    package let width: Int
    package let channels: Int
    /// Values from one row to the next; 0 repeats one row.
    package let rowStride: Int

    /// The view of `height` × `width` × `channels` values from `base`, rows one after another unless a stride is given.
    package init(base: UnsafePointer<Float>, height: Int, width: Int, channels: Int, rowStride: Int? = nil) {
        precondition(height > 0 && width > 0 && channels > 0, "a map has at least one value")
        self.base = base
        self.height = height
        self.width = width
        self.channels = channels
        self.rowStride = rowStride ?? width * channels
    }

    /// The first value of a row.
    @inline(__always)
    package func row(_ row: Int) -> UnsafePointer<Float> {
        base + row * rowStride
    }

    /// The window of `height` × `width` pixels in the middle, from row (canvas − height) div 2 and likewise for columns:
    /// what remains of an output on a padded canvas.
    package func center(height: Int, width: Int) -> MapView {
        precondition(height <= self.height && width <= self.width, "a window is not larger than its map")
        let top = (self.height - height) / 2
        let left = (self.width - width) / 2
        return MapView(
            base: row(top) + left * channels, height: height, width: width, channels: channels, rowStride: rowStride)
    }
}

extension PixelMap {
    /// Lends the values to `body` without a copy; the view ends with the call.
    package func withView<Result>(_ body: (MapView) throws -> Result) rethrows -> Result {
        try values.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                preconditionFailure("a map without pixels cannot be read")
            }
            return try body(MapView(base: base, height: height, width: width, channels: channels))
        }
    }
}

/// The index of the largest of `count` scores; the first of equals.
@inline(__always)
package func indexOfLargest(_ scores: UnsafePointer<Float>, count: Int) -> Int {
    var best = 0
    var largest = scores[0]
    for index in 1..<max(count, 1) where scores[index] > largest {
        largest = scores[index]
        best = index
    }
    return best
}

extension MapView {
    /// The channel with the largest score, for each pixel in row-major order; the first of equals.
    package var winningClasses: [Int] {
        (0..<height).flatMap { row in
            (0..<width).map { indexOfLargest(self.row(row) + $0 * channels, count: channels) }
        }
    }
}
