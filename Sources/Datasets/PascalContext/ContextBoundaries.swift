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
        return mask.map
    }
}
