import Datasets
import Foundation
import Tasks

/// The figures of an evaluation, and what they are worth beside a baseline. In JSON its keys are in snake case; what one
/// evaluation wrote can be the baseline of another.
package struct EvaluationReport: Codable, Sendable {
    package struct Row: Codable, Sendable {
        package let task: String
        /// Of a task of which no scored pixel is known, `nothing_known`; it then has no rules and no unit.
        package let metric: String
        /// `exact`, `rcm`, `astmt`, `mtl` or `bsds`: see `MetricConvention`.
        package let convention: String
        package let unit: String
        /// `higher` or `lower`: which values are better. Nil in reports of version 0.1.0.
        package let direction: String?
        /// Nil where it is no number.
        package let value: Double?
        /// Whether the figure is the one that Δm compares.
        package let isCompared: Bool
        package var baseline: Double?
        /// The task's term of Δm.
        package var improvementPercent: Double?

        static let nothingKnown = "nothing_known"

        /// What is no number is written as null, and not left out.
        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(task, forKey: .task)
            try container.encode(metric, forKey: .metric)
            try container.encode(convention, forKey: .convention)
            try container.encode(unit, forKey: .unit)
            try container.encodeIfPresent(direction, forKey: .direction)
            try container.encode(value, forKey: .value)
            try container.encode(isCompared, forKey: .isCompared)
            try container.encodeIfPresent(baseline, forKey: .baseline)
            try container.encodeIfPresent(improvementPercent, forKey: .improvementPercent)
        }

        /// Whether there was a pixel to score.
        package var isKnown: Bool { metric != Self.nothingKnown }

        /// Nil for figures that are no numbers or of metrics that are not known here.
        package var result: MetricResult? { value.flatMap { result(of: $0) } }

        package func result(of value: Double) -> MetricResult? {
            guard let unit = MetricUnit(rawValue: unit), let convention = MetricConvention(rawValue: convention) else {
                return nil
            }
            let figure =
                direction.flatMap { MetricDirection(rawValue: $0) }.map { MetricFigure(metric, unit, $0) }
                ?? MetricFigure(name: metric, unit: unit)
            return MetricResult(figure, value: value, convention: convention)
        }
    }

    package let split: String
    package let samples: Int
    package private(set) var rows: [Row]
    /// Δm: see `RelativeImprovement`. Nil without a baseline.
    package private(set) var relativeImprovementPercent: Double?
    /// Figures of single classes and channels, by task; nil in reports of version 0.1.0.
    package let parts: [PartFigures]?

    /// Precision over recall of boundaries, by task; nil in earlier reports.
    package let curves: [BoundaryFigures]?

    /// - Parameters:
    ///   - partNames: the names of classes or channels, by task.
    ///   - identifiers: what the samples are called.
    package init(
        split: String, samples: Int, scores: [ValidationScore], partNames: [String: [String]] = [:],
        identifiers: [String] = []
    ) {
        curves = scores.compactMap { BoundaryFigures($0, identifiers: identifiers) }
        parts = scores.compactMap { PartFigures($0, names: partNames[$0.task] ?? []) }
        self.split = split
        self.samples = samples
        rows = scores.flatMap { score -> [Row] in
            guard !score.results.isEmpty else {
                return [
                    Row(
                        task: score.task, metric: Row.nothingKnown, convention: "", unit: "", direction: nil,
                        value: nil, isCompared: true)
                ]
            }
            return score.results.map { result in
                Row(
                    task: score.task, metric: result.name, convention: result.convention.rawValue,
                    unit: result.unit.rawValue, direction: result.figure.direction.rawValue,
                    value: result.value.isFinite ? result.value : nil, isCompared: result.name == score.comparedFigure)
            }
        }
    }

    /// Reads what `modulor evaluate --json` wrote.
    ///
    /// - Throws: `UsageError` where the file is no such report.
    package init(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw UsageError("\(path) is not there; give a model, a run, or what modulor evaluate --json printed")
        }
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            self = try decoder.decode(Self.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw UsageError(
                "\(path) is no model, run or report to compare with; give what modulor evaluate --json printed")
        }
    }

    /// Sets the figures beside those of baselines, of which each task needs one: a fleet of single-task models is one
    /// baseline for each.
    ///
    /// - Throws: `UsageError` where a task has no baseline, or two, or nothing is known of it.
    package mutating func compare(with baselines: [EvaluationReport]) throws {
        var terms: [RelativeImprovement.Term] = []
        for index in rows.indices {
            let row = rows[index]
            guard row.isKnown else {
                throw UsageError(
                    "nothing is known of \(row.task) in the labels of \(split), so it cannot be compared; leave it out of "
                        + "tasks")
            }
            let found = baselines.flatMap(\.rows).filter {
                $0.task == row.task && $0.metric == row.metric && $0.convention == row.convention
            }
            if found.count == 1 { rows[index].baseline = found[0].value }
            guard row.isCompared else { continue }
            if found.isEmpty,
                let other = baselines.flatMap(\.rows).first(where: { $0.task == row.task && $0.metric == row.metric })
            {
                throw UsageError(
                    "the baseline of \(row.task) was scored by the rules \(other.convention) and this by "
                        + "\(row.convention), whose figures are not comparable; give both the same --convention")
            }
            guard found.count == 1, let value = found[0].value else {
                let problem =
                    found.isEmpty ? "no baseline has" : found.count > 1 ? "several baselines have" : "no number is"
                throw UsageError(
                    "\(problem) \(row.metric) of \(row.task) by the rules \(row.convention); give one baseline for each task"
                )
            }
            guard let achieved = row.result, let baseline = row.result(of: value) else {
                throw UsageError("\(row.metric) of \(row.task) is no number and cannot be compared")
            }
            let term = RelativeImprovement.Term(task: row.task, achieved: achieved, baseline: baseline)
            guard let percent = term.percent else {
                throw UsageError(
                    "\(row.metric) of \(row.task) is 0 in the baseline, over which no gain can be given in percent; choose "
                        + "another figure with tasks.\(row.task).metric, or leave \(row.task) out of tasks")
            }
            rows[index].improvementPercent = percent
            terms.append(term)
        }
        relativeImprovementPercent = RelativeImprovement(terms).percent
    }
}
