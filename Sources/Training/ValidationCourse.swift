import Configuration
import Tasks

/// By what the validations of a run are compared: one figure of one task, or the mean gain of several.
package struct BestCriterion: Codable, Sendable, Equatable {
    /// A task and the figure that stands for it.
    package struct Term: Codable, Sendable, Equatable {
        package let task: String
        package let figure: MetricFigure

        package init(task: String, figure: MetricFigure) {
            self.task = task
            self.figure = figure
        }
    }

    package let terms: [Term]

    /// The criterion that a configuration asks for; nil where it asks for none.
    ///
    /// - Parameters:
    ///   - stopAfter: a run that stops by itself needs a criterion, even where no best model is kept.
    ///   - figures: of every task that is trained, those that a validation gives.
    ///   - primary: of every task, in the order of training, the figure that stands for it.
    /// - Throws: `UsageError` where the figure or its task is none of these.
    package init?(
        _ choice: BestChoice, stopAfter: Int, figures: [String: [MetricFigure]], primary: [Term]
    ) throws(UsageError) {
        switch choice {
        case .none where stopAfter == 0: return nil
        case .none, .automatic: terms = primary
        case .figure(let task, let name):
            guard let known = figures[task] else {
                throw UsageError(
                    "output.keep_best: \(task) is not trained; name a figure of "
                        + primary.map(\.task).joined(separator: ", "))
            }
            guard let figure = known.first(where: { $0.name == name }) else {
                throw UsageError(
                    "output.keep_best: \(task) has no figure \(name); it has "
                        + known.map(\.name).joined(separator: ", "))
            }
            terms = [Term(task: task, figure: figure)]
        }
    }

    package init(_ terms: [Term]) {
        precondition(!terms.isEmpty, "a criterion has a figure")
        self.terms = terms
    }

    /// The figure whose values are compared: Δm in percent where there are several tasks.
    package var figure: MetricFigure {
        terms.count == 1 ? terms[0].figure : MetricFigure("delta_m", .percent, .higher)
    }

    /// The task of the one figure; nil of Δm.
    package var task: String? { terms.count == 1 ? terms[0].task : nil }
}

/// Which validation of a run was the best so far, and how many followed without a better one.
///
/// It is a function of the validations alone, in their order, and a checkpoint has it as it was when it was written: a run that
/// goes on has the best and the stop of one that never stopped. A validation that is as good as an earlier one is no gain,
/// and one whose value is not finite is none either.
package struct ValidationCourse: Codable, Sendable, Equatable {
    /// A validation and its value.
    package struct Best: Codable, Sendable, Equatable {
        package let step: Int
        package let value: Double
    }

    package let criterion: BestCriterion
    /// For Δm, by task: the values of the first validation in which all of them were finite and not 0.
    package private(set) var reference: [String: Double]?
    package private(set) var best: Best?
    /// Validations since the best one, or since the beginning where there is none.
    package private(set) var withoutGain = 0
    /// That of the last validation.
    package private(set) var step = 0
    /// Whether the run ended because there was no gain.
    package var hasEnded = false

    package init(_ criterion: BestCriterion) {
        self.criterion = criterion
    }

    /// Takes in a validation. One of a step that was validated before says nothing new, as after the run went on from
    /// there, and is passed over.
    ///
    /// - Returns: whether it is the best so far.
    package mutating func add(_ scores: [ValidationScore], step: Int) -> Bool {
        guard step > self.step else { return false }
        self.step = step
        guard let value = value(of: scores), value.isFinite, best.map({ isBetter(value, than: $0.value) }) ?? true
        else {
            withoutGain += 1
            return false
        }
        best = Best(step: step, value: value)
        withoutGain = 0
        return true
    }

    private func isBetter(_ value: Double, than other: Double) -> Bool {
        switch criterion.figure.direction {
        case .higher: value > other
        case .lower: value < other
        }
    }

    /// The value that is compared; nil where there is none.
    private mutating func value(of scores: [ValidationScore]) -> Double? {
        // Of a task of which no label is known, no validation has figures.
        let known = criterion.terms.compactMap { term in
            scores.first { $0.task == term.task }?.results.first { $0.figure == term.figure }.map { (term.task, $0) }
        }
        guard !known.isEmpty else { return nil }
        guard criterion.terms.count > 1 else { return known[0].1.value }
        if reference == nil, known.allSatisfy({ $1.value.isFinite && $1.value != 0 }) {
            reference = Dictionary(uniqueKeysWithValues: known.map { ($0, $1.value) })
        }
        guard let reference else { return nil }
        let gains = known.compactMap { task, result in
            reference[task].flatMap {
                result.improvementPercent(
                    over: MetricResult(result.figure, value: $0, convention: result.convention))
            }
        }
        return gains.count == known.count ? gains.reduce(0, +) / Double(gains.count) : nil
    }
}
