import Datasets
import Foundation
import Tasks

/// How often the training list shows each class of a task, counted once before training for losses that weight classes by
/// it. Every rank reads its share of the labels; whole numbers are summed over ranks, so all have the same.
package struct ClassCounts {
    package let frequencies: ClassFrequencies

    /// - Parameters:
    ///   - classes: how many the task has.
    ///   - workers: threads that read, one at least.
    ///   - team: all ranks take part.
    /// - Throws: an error that names the sample where a file cannot be read; `CollectiveError`.
    package init(
        _ source: any SampleSource, of task: LearningTask, classes: Int, workers: Int, team: RankTeam
    ) throws {
        let own = Array(stride(from: team.rank, to: source.count, by: team.size))
        let gathered = Gathered(classes: classes)
        let workers = max(1, workers)
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            for place in stride(from: worker, to: own.count, by: workers) {
                gathered.add { try source.sample(at: own[place], tasks: [task]).labels[task]!.values }
            }
        }
        let counted = try gathered.result()
        let sums = try team.sum(counted.pixels + counted.pixelsOfImages)
        frequencies = ClassFrequencies(pixels: Array(sums[..<classes]), pixelsOfImages: Array(sums[classes...]))
    }

    /// A sentence about the classes that are never seen; none where all are.
    package func notice(of task: String, classNames: [String]) -> [String] {
        let unseen = frequencies.unseen.map { classNames.indices.contains($0) ? classNames[$0] : "\($0)" }
        guard !unseen.isEmpty else { return [] }
        return [
            "\(task): no training label shows \(unseen.joined(separator: ", ")), so the loss gives "
                + (unseen.count == 1 ? "that class the weight 0" : "these classes the weight 0")
        ]
    }

    /// The counts of several threads.
    private final class Gathered: @unchecked Sendable {
        /// Guards the two below.
        private let lock = NSLock()
        private var frequencies: ClassFrequencies
        private var failure: (any Error)?

        init(classes: Int) {
            let none = [Int64](repeating: 0, count: classes)
            frequencies = ClassFrequencies(pixels: none, pixelsOfImages: none)
        }

        /// Adds the labels of an image, unless one could not be read.
        func add(_ read: () throws -> [Float]) {
            guard lock.withLock({ failure == nil }) else { return }
            do {
                let labels = try read()
                lock.withLock { frequencies.add(labels) }
            } catch {
                lock.withLock { failure = failure ?? error }
            }
        }

        func result() throws -> ClassFrequencies {
            if let failure { throw failure }
            return frequencies
        }
    }
}
