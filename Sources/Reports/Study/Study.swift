import Checkpoints
import Datasets
import Foundation
import Tasks
import Training

/// An ablation in a folder: `METHOD/SEED/RUN/`, each with what `modulor evaluate --json` said of it in `figures.json`, as
/// `launch/study` makes it, and `forgetting/SEED/` beside them.
package struct Study: Encodable {
    /// What a method came to.
    package struct Row: Encodable, Sendable {
        package let method: StudyMethod
        package let seeds: [Int]
        /// By task, the figures that Δm compares; those that are no numbers are left out.
        package let figures: [String: Spread]
        /// Δm of each seed against the mean of the single-task networks; nil without them.
        package let relativeImprovementPercent: Spread?
        package let sharedParameters: Double
        package let ownParametersPerTask: Double
        package let trainingCoreSeconds: Spread
    }

    let folder: String
    package let tasks: [String]
    package let rows: [Row]
    package let forgetting: [Forgetting]
    let cells: [StudyMethod: [StudyCell]]
    /// Of each task, a figure to take metric and unit from.
    let metrics: [String: EvaluationReport.Row]

    private enum CodingKeys: CodingKey {
        case tasks, rows, forgetting, claims
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tasks, forKey: .tasks)
        try container.encode(rows, forKey: .rows)
        try container.encode(forgetting, forKey: .forgetting)
        try container.encode(claims, forKey: .claims)
    }

    /// Reads all cells that are finished: those that have as many tasks as any.
    ///
    /// - Throws: `UsageError` where there is none; what damaged files are refused for.
    package init(folder: String) throws {
        var cells: [StudyMethod: [StudyCell]] = [:]
        for method in StudyMethod.allCases {
            let path = "\(folder)/\(method.rawValue)"
            cells[method] = try Self.seeds(in: path).map { try StudyCell(seed: $0, folder: "\(path)/\($0)") }
        }
        let all = cells.values.flatMap { $0 }
        let known = Set(all.flatMap(\.figures.keys))
        guard !known.isEmpty else {
            throw UsageError("\(folder) holds no finished run of a study; name the --output of launch/study")
        }
        self.folder = folder
        let paper = LearningTask.presets.map(\.name).filter(known.contains)
        tasks = paper + known.subtracting(paper).sorted()
        self.cells = cells.mapValues { $0.filter { Set($0.figures.keys) == known } }
        metrics = Dictionary(
            all.flatMap(\.figures).map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        let complete = self.cells
        let baseline = complete[.single].map { Self.spreads($0).mapValues(\.mean) }
        rows = StudyMethod.allCases.compactMap { method in
            guard let cells = complete[method], let first = cells.first else { return nil }
            let gains = cells.compactMap { cell in baseline.flatMap { Self.improvement(of: cell.figures, over: $0) } }
            return Row(
                method: method, seeds: cells.map(\.seed),
                figures: Self.spreads(cells),
                relativeImprovementPercent: gains.isEmpty ? nil : Spread(gains),
                sharedParameters: first.parameters.shared, ownParametersPerTask: first.parameters.own,
                trainingCoreSeconds: Spread(cells.map(\.trainingCoreSeconds)))
        }
        forgetting = try Forgetting.all(in: folder)
    }

    /// Folders named by a number, in order; none where `path` is no folder.
    static func seeds(in path: String) throws -> [Int] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try Folder.names(in: path).compactMap { Int($0) }.sorted()
    }

    /// Each task's figure over the seeds; tasks whose figure is no number are left out.
    private static func spreads(_ cells: [StudyCell]) -> [String: Spread] {
        (cells.first?.figures ?? [:]).keys.reduce(into: [:]) { spreads, task in
            let values = cells.compactMap { $0.figures[task]?.value }
            if values.count == cells.count { spreads[task] = Spread(values) }
        }
    }

    /// Δm of some figures over others, in percent; nil where one is no number.
    private static func improvement(
        of figures: [String: EvaluationReport.Row], over baseline: [String: Double]
    ) -> Double? {
        let terms = baseline.compactMap { name, value -> RelativeImprovement.Term? in
            guard let row = figures[name], let achieved = row.result, let base = row.result(of: value) else {
                return nil
            }
            return RelativeImprovement.Term(task: name, achieved: achieved, baseline: base)
        }
        // A dictionary has no order, and a sum in Double does.
        let ordered = terms.sorted { $0.task < $1.task }
        return !terms.isEmpty && terms.count == figures.count ? RelativeImprovement(ordered).percent : nil
    }
}
