/// The whole numbers that a loss divides and weights by: what the labels of the global batch know. They are counted before
/// the backward pass and summed over ranks, exactly, so that all ranks form the same factors in Double.
///
/// A vector of fixed length: the known elements, then what this loss needs besides.
package struct LossCounts: Sendable {
    private let kind: LossKind
    /// Where the labels above 0.5 are counted; nil where the loss does not ask.
    private let positives: Int?
    /// Where the images with a known element are counted.
    private let images: Int?
    /// Where the pixels of each class are counted; empty where the loss does not ask.
    let classes: Range<Int>
    /// Numbers of the vector.
    package let length: Int

    /// - Parameter channels: of the network's output.
    package init(_ kind: LossKind, channels: Int) {
        self.kind = kind
        var next = 1
        func place(_ isNeeded: Bool) -> Int? {
            guard isNeeded else { return nil }
            next += 1
            return next - 1
        }
        var isBalanced = false
        var isPerImage = kind.dice != nil
        var classCount = 0
        switch kind {
        case .crossEntropy(let loss):
            precondition(loss.classWeights.map { $0.count == channels } ?? true, "a weight for each class")
            classCount = loss.classWeights?.count ?? 0
        case .binaryCrossEntropy(let loss): isBalanced = loss.weights == .balanced
        case .error(.scaleInvariantLog, _): isPerImage = true
        case .error, .cosine: break
        }
        positives = place(isBalanced)
        images = place(isPerImage)
        classes = next..<next + classCount
        length = next + classCount
    }

    /// Writes a rank's vector.
    ///
    /// - Parameters:
    ///   - parts: of each sample `chunks` rows of known elements, labels above 0.5, and the classes' pixels.
    ///   - totals: `length` numbers.
    func sum(
        _ parts: UnsafePointer<Int64>, samples: Int, chunks: Int, into totals: UnsafeMutablePointer<Int64>
    ) {
        for index in 0..<length { totals[index] = 0 }
        let stride = 2 + classes.count
        for sample in 0..<samples {
            var known: Int64 = 0
            for chunk in 0..<chunks {
                let part = parts + (sample * chunks + chunk) * stride
                known += part[0]
                if let positives { totals[positives] += part[1] }
                for place in classes { totals[place] += part[2 + place - classes.lowerBound] }
            }
            totals[0] += known
            if let images, known > 0 { totals[images] += 1 }
        }
    }

    /// What the sum of the losses of all pixels is divided by; 0 where nothing is known.
    func divisor(_ counts: UnsafePointer<Int64>) -> Double {
        switch kind {
        case .crossEntropy(let loss):
            guard let weights = loss.classWeights else { return Double(counts[0]) }
            var sum = 0.0
            for place in classes { sum += weights[place - classes.lowerBound] * Double(counts[place]) }
            return sum
        case .cosine: return Double(counts[0] / 3)
        case .error(.scaleInvariantLog, _): return imageCount(counts)
        case .binaryCrossEntropy, .error: return Double(counts[0])
        }
    }

    /// Images with a known element, of losses that are means over images.
    func imageCount(_ counts: UnsafePointer<Int64>) -> Double { Double(counts[images!]) }

    /// The weights of positives and of negatives.
    func binaryWeights(
        _ weights: BinaryCrossEntropyLoss.Weights, _ counts: UnsafePointer<Int64>
    ) -> (positive: Double, negative: Double) {
        switch weights {
        case .fixed(let positive, let negative): return (positive, negative)
        case .balanced:
            guard counts[0] > 0 else { return (0, 0) }
            let share = Double(counts[positives!]) / Double(counts[0])
            return (Double(counts[0] - counts[positives!]) / Double(counts[0]), share)
        }
    }
}
