import TensorCore

/// Passes that are timed in turns, so that whatever else the machine does falls on all of them alike.
struct PairedRounds {
    private let trials: [ConvolutionTrial.Steps]
    private let pool: ThreadPool
    /// How often a pass runs in one round: often enough for the clock, and once where that takes long.
    private let repetitions: [Int]
    private var rounds: [[Double]]
    /// The shorter of two runs that do not count as rounds.
    let estimates: [Double]

    /// Runs each pass twice, also for the memory that it touches.
    init(_ trials: [ConvolutionTrial.Steps], pool: ThreadPool) {
        (self.trials, self.pool) = (trials, pool)
        estimates = trials.map { trial in
            min(Self.seconds(trial, 1, pool), Self.seconds(trial, 1, pool))
        }
        repetitions = estimates.map { max(1, Int(1e-3 / $0)) }
        rounds = trials.map { _ in [] }
    }

    /// Times the passes at `places`, by default all.
    mutating func addRound(of places: [Int]? = nil) {
        for place in places ?? Array(trials.indices) {
            rounds[place].append(Self.seconds(trials[place], repetitions[place], pool))
        }
    }

    /// Of one run of each pass: the median of its rounds.
    var medians: [Double] { rounds.map(\.median) }

    /// Of one run of each pass: the shortest. Whatever else runs on the machine only adds time, and where that comes and
    /// goes, medians of a few rounds say little.
    var shortest: [Double] { zip(rounds, estimates).map { min($1, $0.min() ?? $1) } }

    private static func seconds(_ trial: ConvolutionTrial.Steps, _ repetitions: Int, _ pool: ThreadPool) -> Double {
        let start = MonotonicClock.nanoseconds
        for _ in 0..<repetitions { pool.run(trial.steps, count: trial.count) }
        return Double(max(1, MonotonicClock.nanoseconds - start)) / Double(repetitions) / 1e9
    }
}
