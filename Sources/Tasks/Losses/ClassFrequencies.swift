import Configuration
import TensorCore

/// How often a training list shows each class, exactly.
package struct ClassFrequencies: Sendable, Hashable {
    /// Known pixels of each class.
    package var pixels: [Int64]
    /// Known pixels of the images that show the class.
    package var pixelsOfImages: [Int64]

    package init(pixels: [Int64], pixelsOfImages: [Int64]) {
        precondition(pixels.count == pixelsOfImages.count, "two numbers for each class")
        self.pixels = pixels
        self.pixelsOfImages = pixelsOfImages
    }

    /// Classes that are seen equally often, for steps that are timed on drawn labels.
    package init(evenOver classes: Int) {
        self.init(
            pixels: [Int64](repeating: 1, count: classes),
            pixelsOfImages: [Int64](repeating: Int64(classes), count: classes))
    }

    /// Adds the labels of one image; 255 is unknown.
    package mutating func add(_ labels: [Float]) {
        var own = [Int64](repeating: 0, count: pixels.count)
        for label in labels where label >= 0 && label < Float(own.count) && label != 255 { own[Int(label)] += 1 }
        let known = own.reduce(0, +)
        for index in own.indices where own[index] > 0 {
            pixels[index] += own[index]
            pixelsOfImages[index] += known
        }
    }

    /// The classes that no pixel has.
    package var unseen: [Int] { pixels.indices.filter { pixels[$0] == 0 } }

    /// The weights of the classes; 0 of one that is never seen.
    package func weights(_ formula: LossSettings.Frequency) -> [Double] {
        switch formula {
        case .inverse:
            let total = Double(pixels.reduce(0, +))
            return pixels.map { $0 == 0 ? 0 : total / (Double(pixels.count) * Double($0)) }
        case .median:
            let frequencies = zip(pixels, pixelsOfImages).map { $0 == 0 ? 0 : Double($0) / Double($1) }
            let seen = frequencies.filter { $0 > 0 }
            guard !seen.isEmpty else { return frequencies }
            let median = seen.median
            return frequencies.map { $0 == 0 ? 0 : median / $0 }
        }
    }
}
