/// The edges of PASCAL-Context: where neighbouring pixels are of different context classes, one pixel wide.
enum ContextBoundaries {
    /// 1 where the four-neighbour Laplacian of the class numbers is not 0, thinned; else 0.
    ///
    /// The Laplacian of class numbers is what the reference programs take. It cancels where a class lies between the
    /// two whose numbers are as far below and above.
    static func thinned(of classes: PixelMap) -> PixelMap {
        precondition(classes.channels == 1, "a map of classes has one channel")
        let (height, width) = (classes.height, classes.width)
        // Borders are reflected without repeating the border pixel itself.
        func reflected(_ index: Int, _ count: Int) -> Int {
            count == 1 ? 0 : index < 0 ? -index : index >= count ? 2 * count - 2 - index : index
        }
        var mask = BinaryMask(height: height, width: width)
        classes.values.withUnsafeBufferPointer { values in
            for row in 0..<height {
                let above = reflected(row - 1, height) * width
                let below = reflected(row + 1, height) * width
                for column in 0..<width {
                    let left = values[row * width + reflected(column - 1, width)]
                    let right = values[row * width + reflected(column + 1, width)]
                    // Whole numbers below 2^16: every sum is exact.
                    let around = values[above + column] + values[below + column] + left + right
                    if around != 4 * values[row * width + column] { mask.set(row: row, column: column) }
                }
            }
        }
        mask.thin()
        return PixelMap(height: height, width: width, channels: 1, values: mask.values)
    }
}

/// A map of 0 and 1 with a border of zeros, so that every pixel has eight neighbours.
struct BinaryMask {
    private let height: Int
    private let width: Int
    private var pixels: [UInt8]

    private var rowStride: Int { width + 2 }

    init(height: Int, width: Int) {
        self.height = height
        self.width = width
        pixels = Array(repeating: 0, count: (height + 2) * (width + 2))
    }

    mutating func set(row: Int, column: Int) {
        pixels[(row + 1) * rowStride + column + 1] = 1
    }

    /// Row-major, without the border.
    var values: [Float] {
        (0..<height).flatMap { row in
            let start = (row + 1) * rowStride + 1
            return pixels[start..<start + width].map { Float($0) }
        }
    }

    /// Wears lines down to one pixel without breaking them, until nothing changes.
    ///
    /// Guo and Hall, Parallel thinning with two-subiteration algorithms, Communications of the ACM 32 (1989), 359-373:
    /// two passes take turns, and each removes at once all pixels that its conditions name.
    mutating func thin() {
        var set = pixels.indices.filter { pixels[$0] != 0 }
        var isChanging = true
        while isChanging {
            isChanging = false
            for pass in ThinningPass.allCases {
                let removed = set.filter { pass.removes[neighbours(of: $0)] }
                guard !removed.isEmpty else { continue }
                isChanging = true
                for index in removed { pixels[index] = 0 }
                set.removeAll { pixels[$0] == 0 }
            }
        }
    }

    /// The eight neighbours as bits, from the east one counter-clockwise.
    private func neighbours(of index: Int) -> Int {
        let (north, south) = (index - rowStride, index + rowStride)
        let places = (index + 1, north + 1, north, north - 1, index - 1, south - 1, south, south + 1)
        var bits = Int(pixels[places.0]) | Int(pixels[places.1]) << 1 | Int(pixels[places.2]) << 2
        bits |= Int(pixels[places.3]) << 3 | Int(pixels[places.4]) << 4 | Int(pixels[places.5]) << 5
        return bits | Int(pixels[places.6]) << 6 | Int(pixels[places.7]) << 7
    }
}

/// One of the two passes of thinning.
private enum ThinningPass: CaseIterable {
    case northEast
    case southWest

    /// Whether a pixel is removed, for each of the 256 sets of neighbours.
    var removes: [Bool] { self == .northEast ? Self.firstTable : Self.secondTable }

    private static let firstTable = table(turnedBy: 0)
    /// The same conditions seen from the opposite side.
    private static let secondTable = table(turnedBy: 4)

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
