/// A map of 0 and 1 with a border of zeros, so that every pixel has eight neighbours.
package struct BinaryMask: Sendable {
    package let height: Int
    package let width: Int
    private var pixels: [UInt8]

    private var rowStride: Int { width + 2 }

    /// A map of zeros.
    package init(height: Int, width: Int) {
        self.height = height
        self.width = width
        pixels = Array(repeating: 0, count: (height + 2) * (width + 2))
    }

    /// Makes the pixel 1; it lies inside the map.
    package mutating func set(row: Int, column: Int) {
        pixels[(row + 1) * rowStride + column + 1] = 1
    }

    /// The same as a map of one channel, without the border.
    var map: PixelMap {
        let values = (0..<height).flatMap { row in
            let start = (row + 1) * rowStride + 1
            return pixels[start..<start + width].map { Float($0) }
        }
        return PixelMap(height: height, width: width, channels: 1, values: values)
    }

    /// The pixels that are 1, in row-major order.
    package var places: [(row: Int, column: Int)] {
        var places: [(row: Int, column: Int)] = []
        for row in 0..<height {
            let start = (row + 1) * rowStride + 1
            for column in 0..<width where pixels[start + column] != 0 { places.append((row, column)) }
        }
        return places
    }

    /// Wears lines down to one pixel without breaking them, until nothing changes.
    ///
    /// Guo and Hall, Parallel thinning with two-subiteration algorithms, Communications of the ACM 32 (1989), 359-373:
    /// two passes take turns, and each removes at once all pixels that its conditions name.
    package mutating func thin() {
        let rowStride = rowStride
        pixels.withUnsafeMutableBufferPointer { pixels in
            var set = pixels.indices.filter { pixels[$0] != 0 }
            var removed: [Int] = []
            var isChanging = true
            while isChanging {
                isChanging = false
                for removes in ThinningPass.tables {
                    removed.removeAll(keepingCapacity: true)
                    for index in set where removes[Self.neighbours(of: index, in: pixels, rowStride)] {
                        removed.append(index)
                    }
                    guard !removed.isEmpty else { continue }
                    isChanging = true
                    for index in removed { pixels[index] = 0 }
                    set.removeAll { pixels[$0] == 0 }
                }
            }
        }
    }

    /// The eight neighbours as bits, from the east one counter-clockwise.
    @inline(__always)
    private static func neighbours(
        of index: Int, in pixels: UnsafeMutableBufferPointer<UInt8>, _ rowStride: Int
    ) -> Int {
        let (north, south) = (index - rowStride, index + rowStride)
        let places = (index + 1, north + 1, north, north - 1, index - 1, south - 1, south, south + 1)
        var bits = Int(pixels[places.0]) | Int(pixels[places.1]) << 1 | Int(pixels[places.2]) << 2
        bits |= Int(pixels[places.3]) << 3 | Int(pixels[places.4]) << 4 | Int(pixels[places.5]) << 5
        return bits | Int(pixels[places.6]) << 6 | Int(pixels[places.7]) << 7
    }
}

/// The two passes of thinning.
private enum ThinningPass {
    /// Whether a pixel is removed, for each of the 256 sets of neighbours; the second pass sees the same conditions from
    /// the opposite side.
    static let tables = [table(turnedBy: 0), table(turnedBy: 4)]

    private static func table(turnedBy turn: Int) -> [Bool] {
        (0..<256).map { bits in
            // x(1) ... x(9): the neighbours from the east one counter-clockwise, the first again at the end.
            func x(_ number: Int) -> Bool { bits >> ((number - 1) % 8) & 1 == 1 }
            func turned(_ number: Int) -> Bool { x((number - 1 + turn) % 8 + 1) }
            // One line passes through, or ends near, the pixel.
            let crossings = (1...4).count { !x(2 * $0 - 1) && (x(2 * $0) || x(2 * $0 + 1)) }
            // It is neither the end of a line nor inside a blot.
            let first = (1...4).count { x(2 * $0 - 1) || x(2 * $0) }
            let second = (1...4).count { x(2 * $0) || x(2 * $0 + 1) }
            // It lies on the side that this pass takes from.
            let isKept = (turned(2) || turned(3) || !turned(8)) && turned(1)
            return crossings == 1 && (2...3).contains(min(first, second)) && !isKept
        }
    }
}
