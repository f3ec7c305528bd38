extension SampleSource {
    /// The labels themselves.
    package func boundaries(of task: LearningTask, at index: Int) throws -> PixelMap {
        try sample(at: index, tasks: [task]).checkedLabels(of: task)
    }
}

extension PascalContext {
    /// The outlines of the connected regions of the `LabelMap`, which are not the training labels: a pixel is one if the
    /// one to its right, below it, or between these two belongs to another region. As in the benchmark's own data, where
    /// regions were drawn by hand; here they are the 4-connected parts of one class.
    package func boundaries(of task: LearningTask, at index: Int) throws -> PixelMap {
        try naming(index) { RegionOutlines.mask(of: try contextClasses($0)).map }
    }
}

/// Where the 4-connected regions of a class map end.
enum RegionOutlines {
    static func mask(of classes: PixelMap) -> BinaryMask {
        precondition(classes.channels == 1, "a map of classes has one channel")
        let (height, width) = (classes.height, classes.width)
        let regions = regions(classes)
        var mask = BinaryMask(height: height, width: width)
        for row in 0..<height {
            for column in 0..<width {
                let own = regions[row * width + column]
                let (hasRight, hasBelow) = (column + 1 < width, row + 1 < height)
                let differs =
                    (hasRight && regions[row * width + column + 1] != own)
                    || (hasBelow && regions[(row + 1) * width + column] != own)
                    || (hasRight && hasBelow && regions[(row + 1) * width + column + 1] != own)
                if differs { mask.set(row: row, column: column) }
            }
        }
        return mask
    }

    /// The number of every pixel's region, found by filling one after another.
    private static func regions(_ classes: PixelMap) -> [Int32] {
        let (height, width) = (classes.height, classes.width)
        var regions = [Int32](repeating: -1, count: height * width)
        var reached: [Int] = []
        var next: Int32 = 0
        for seed in regions.indices where regions[seed] < 0 {
            regions[seed] = next
            reached.append(seed)
            while let pixel = reached.popLast() {
                let (row, column) = pixel.quotientAndRemainder(dividingBy: width)
                func visit(_ other: Int) {
                    if regions[other] < 0 && classes.values[other] == classes.values[pixel] {
                        regions[other] = next
                        reached.append(other)
                    }
                }
                if row > 0 { visit(pixel - width) }
                if row + 1 < height { visit(pixel + width) }
                if column > 0 { visit(pixel - 1) }
                if column + 1 < width { visit(pixel + 1) }
            }
            next += 1
        }
        return regions
    }
}
