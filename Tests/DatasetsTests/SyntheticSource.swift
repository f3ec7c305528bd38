import Datasets
import Foundation

/// Small samples of varying size whose every pixel is a function of (index, place).
final class SyntheticSource: SampleSource {
    struct Refusal: Error, Equatable, CustomStringConvertible {
        let index: Int
        var description: String { "sample \(index) cannot be read" }
    }

    let count: Int
    let tasks: [LearningTask] = [.semseg, .normals, .depth]
    let badIndices: Set<Int>
    let isMismatched: Bool
    private let reads = Counter()

    init(count: Int, badIndices: Set<Int> = [], isMismatched: Bool = false) {
        self.count = count
        self.badIndices = badIndices
        self.isMismatched = isMismatched
    }

    /// How often a sample was read.
    var readCount: Int { reads.value }

    func classNames(of task: LearningTask) -> [String] { ["floor", "wall"] }

    func sample(at index: Int, tasks: [LearningTask]) throws -> Sample {
        reads.increment()
        if badIndices.contains(index) {
            throw Refusal(index: index)
        }
        let (height, width) = (9 + index % 4, 11 + index % 3)
        func map(_ channels: Int, height: Int, _ value: (Int) -> Float) -> PixelMap {
            // Neighbours differ, and so do samples.
            let values = (0..<height * width * channels).map { value(($0 * 7919 + index * 104_729) % 65_537) }
            return PixelMap(height: height, width: width, channels: channels, values: values)
        }
        let labelHeight = isMismatched ? height + 1 : height
        var labels: [LearningTask: PixelMap] = [:]
        for task in tasks {
            labels[task] = map(task.labelChannels, height: labelHeight) { number in
                task == .semseg ? Float(number % 2) : 1 + Float(number) / 65_537
            }
        }
        let image = map(3, height: height) { Float($0 % 256) }
        return Sample(identifier: "synthetic-\(index)", image: image, labels: labels)
    }
}

/// Counts across threads.
final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0

    func increment() {
        lock.lock()
        defer { lock.unlock() }
        count += 1
    }

    var value: Int {
        lock.lock()
        defer { lock.unlock() }
        return count
    }
}
