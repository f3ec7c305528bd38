/// What the labels of one task hold, over many samples. Parts may be merged in any order.
package struct LabelSummary: Sendable {
    package let task: LearningTask
    /// How many labels were added, and of how many nothing is known.
    package private(set) var sampleCount = 0
    package private(set) var unknownSampleCount = 0
    /// What can be known or unknown: pixels, and of scores and values pixels in every channel.
    package private(set) var elementCount = 0
    package private(set) var knownCount = 0
    /// Elements that are unknown because their number means nothing: negative or infinite depths.
    package private(set) var strangeCount = 0
    /// Of classes: how many pixels each class has.
    package private(set) var classCounts: [Int]
    /// Of shares: in each channel, how many pixels are known and how many of them are true.
    package private(set) var scoreCounts: [(known: Int, isTrue: Int)]
    /// Vectors whose z points away from the camera.
    package private(set) var facingAwayCount = 0
    /// Lengths of vectors, or the numbers of each channel.
    package private(set) var numbers: [NumberHistogram]

    /// - Parameter classes: how many classes there are; only kind `classes` looks at it.
    package init(of task: LearningTask, classes: Int) {
        self.task = task
        classCounts = []
        scoreCounts = []
        numbers = []
        switch task.kind.content {
        case .classes: classCounts = Array(repeating: 0, count: classes)
        case .shares: scoreCounts = Array(repeating: (0, 0), count: task.labelChannels)
        case .vectors: numbers = [NumberHistogram()]
        case .metres, .numbers: numbers = Array(repeating: NumberHistogram(), count: task.labelChannels)
        }
    }

    /// The share of elements that is known; nil where there is none.
    package var knownShare: Double? { elementCount > 0 ? Double(knownCount) / Double(elementCount) : nil }

    /// The share of known vectors that point away from the camera.
    package var facingAwayShare: Double { Double(facingAwayCount) / Double(max(knownCount, 1)) }

    /// Adds a label of the task.
    mutating func add(_ map: PixelMap) {
        let before = knownCount
        let unknown = task.unknownLabel
        sampleCount += 1
        strangeCount += map.strangeCount
        map.values.withUnsafeBufferPointer { values in
            switch task.kind.content {
            case .classes:
                elementCount += values.count
                for value in values where value != unknown {
                    knownCount += 1
                    if classCounts.indices.contains(Int(value)) { classCounts[Int(value)] += 1 }
                }
            case .shares:
                elementCount += values.count
                for index in values.indices where values[index] != unknown {
                    let channel = index % map.channels
                    knownCount += 1
                    scoreCounts[channel].known += 1
                    if values[index] > 0.5 { scoreCounts[channel].isTrue += 1 }
                }
            case .vectors:
                elementCount += values.count / 3
                for pixel in stride(from: 0, to: values.count, by: 3) {
                    let (x, y, z) = (values[pixel], values[pixel + 1], values[pixel + 2])
                    let length = (x * x + y * y + z * z).squareRoot()
                    guard length > 0 else { continue }
                    knownCount += 1
                    numbers[0].add(length)
                    if z < 0 { facingAwayCount += 1 }
                }
            case .metres, .numbers:
                elementCount += values.count
                for index in values.indices where values[index].isFinite && values[index] != unknown {
                    knownCount += 1
                    numbers[index % map.channels].add(values[index])
                }
            }
        }
        if knownCount == before { unknownSampleCount += 1 }
    }

    mutating func merge(_ other: LabelSummary) {
        precondition(task == other.task, "summaries of one task are merged")
        sampleCount += other.sampleCount
        unknownSampleCount += other.unknownSampleCount
        elementCount += other.elementCount
        knownCount += other.knownCount
        strangeCount += other.strangeCount
        facingAwayCount += other.facingAwayCount
        for index in classCounts.indices { classCounts[index] += other.classCounts[index] }
        for index in scoreCounts.indices {
            scoreCounts[index].known += other.scoreCounts[index].known
            scoreCounts[index].isTrue += other.scoreCounts[index].isTrue
        }
        for index in numbers.indices { numbers[index].merge(other.numbers[index]) }
    }
}

/// The sizes that pictures have.
package struct PictureSizes: Sendable, Equatable {
    /// From the least to the greatest; empty where there is no picture.
    package private(set) var heights: ClosedRange<Int>?
    package private(set) var widths: ClosedRange<Int>?

    mutating func add(height: Int, width: Int) {
        merge(PictureSizes(heights: height...height, widths: width...width))
    }

    mutating func merge(_ other: PictureSizes) {
        heights = Self.hull(heights, other.heights)
        widths = Self.hull(widths, other.widths)
    }

    private static func hull(_ one: ClosedRange<Int>?, _ two: ClosedRange<Int>?) -> ClosedRange<Int>? {
        guard let one, let two else { return one ?? two }
        return min(one.lowerBound, two.lowerBound)...max(one.upperBound, two.upperBound)
    }
}
