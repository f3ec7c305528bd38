import Datasets
import Foundation
import Networks
import Tasks

/// By which rules outputs are scored.
package struct ScoringRules: Sendable, Equatable {
    package let convention: MetricConvention
    /// The largest distance of the boundary benchmark, as a share of the diagonal.
    package let boundaryDistance: Double
    /// The tasks whose first class is the background.
    package let tasksWithBackground: Set<LearningTask>

    package init(convention: MetricConvention, boundaryDistance: Double, tasksWithBackground: Set<LearningTask>) {
        self.convention = convention
        self.boundaryDistance = boundaryDistance
        self.tasksWithBackground = tasksWithBackground
    }

    func score(_ head: TaskHead) -> TaskScore {
        TaskScore(
            task: head.task, classes: head.channels, hasBackground: tasksWithBackground.contains(head.task),
            convention: convention, boundaryDistance: boundaryDistance)
    }
}

/// Scores samples on several threads, each with scores of its own that are added up in the end.
///
/// Scores add up to the same bits in any order, so the threads leave no trace in them.
final class ScoreLanes {
    private let heads: [TaskHead]
    private let rules: ScoringRules
    private let threads: Int
    private var lanes: [[TaskScore]]

    init(_ heads: [TaskHead], rules: ScoringRules, threads: Int) {
        precondition(threads > 0, "somebody has to score")
        self.heads = heads
        self.rules = rules
        self.threads = threads
        lanes = Array(repeating: heads.map { rules.score($0) }, count: threads)
    }

    /// Lets `body` score the items 0 ..< `count`, several at a time.
    ///
    /// - Throws: what the first bad item was refused for.
    func forEach(_ count: Int, _ body: (Int, inout [TaskScore]) throws -> Void) throws {
        let failures = Failures()
        let stride = threads
        lanes.withUnsafeMutableBufferPointer { lanes in
            // Each thread has a lane to itself, which the compiler cannot see.
            nonisolated(unsafe) let (lanes, body) = (lanes, body)
            withoutActuallyEscaping(body) { body in
                nonisolated(unsafe) let body = body
                DispatchQueue.concurrentPerform(iterations: min(stride, count)) { lane in
                    for item in Swift.stride(from: lane, to: count, by: stride) {
                        do {
                            try body(item, &lanes[lane])
                        } catch {
                            failures.note(item, error)
                            return
                        }
                    }
                }
            }
        }
        if let failure = failures.first { throw failure }
    }

    /// What all ranks have scored together, for each head.
    func results(over team: RankTeam) throws -> [ValidationScore] {
        try heads.indices.map { place in
            var score = rules.score(heads[place])
            for lane in lanes { score.tally.merge(lane[place].tally) }
            score.tally = try score.tally.total(over: team)
            return ValidationScore(task: heads[place].task, score)
        }
    }

    /// What went wrong, by the item that it went wrong with.
    private final class Failures: @unchecked Sendable {
        private let lock = NSLock()
        private var known: [(item: Int, error: any Error)] = []

        func note(_ item: Int, _ error: any Error) {
            lock.withLock { known.append((item, error)) }
        }

        var first: (any Error)? { lock.withLock { known.min { $0.item < $1.item }?.error } }
    }
}
