import Checkpoints
import Datasets
import Foundation
import Tasks
import Training

/// What the tasks of a model lose when it learns one more.
///
/// Two ways of one seed, in the study's `forgetting/SEED/`:
/// - `fine-tuned/`: the joint network's backbone, trained further for the new task alone; `old-tasks.json` has the old
///   tasks' figures with their own decoders over it.
/// - `added/`: `modulor add` to a copy of the RC+RI+NFF model, `model/` beside it; `old-tasks.json` has its old tasks'
///   figures afterwards.
package struct Forgetting: Encodable, Sendable {
    package struct Row: Encodable, Sendable {
        package let task: String
        package let before: Double
        package let after: Double
        /// Negative where something was lost.
        package let changePercent: Double?
    }

    package let seed: Int
    package let newTask: String
    package let fineTuned: [Row]
    package let added: [Row]
    /// Of the new task, the figure that Δm compares.
    package let newTaskFineTuned: Double?
    package let newTaskAdded: Double?
    /// Whether the bank and every old task of the model that was added to have the bytes that they had before.
    package let filesAreUnchanged: Bool

    /// All seeds of which both ways are finished.
    static func all(in study: String) throws -> [Forgetting] {
        try Study.seeds(in: study + "/forgetting").compactMap { try Forgetting(study: study, seed: $0) }
    }

    private init?(study: String, seed: Int) throws {
        let folder = "\(study)/forgetting/\(seed)"
        let files = ["fine-tuned", "added"].flatMap {
            ["\(folder)/\($0)/figures.json", "\(folder)/\($0)/old-tasks.json"]
        }
        guard files.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) else { return nil }
        func figures(_ path: String) throws -> [EvaluationReport.Row] {
            try EvaluationReport(path: path).rows.filter(\.isCompared)
        }
        func before(_ method: StudyMethod) -> String { "\(study)/\(method.rawValue)/\(seed)/together" }
        func rows(_ method: StudyMethod, _ name: String) throws -> [Row] {
            let after = try figures("\(folder)/\(name)/old-tasks.json")
            return try figures(before(method) + "/figures.json").compactMap { old in
                guard let new = after.first(where: { $0.task == old.task }),
                    let start = old.result, let end = new.result
                else { return nil }
                return Row(
                    task: old.task, before: start.value, after: end.value,
                    changePercent: RelativeImprovement.Term(task: old.task, achieved: end, baseline: start).percent)
            }
        }
        self.seed = seed
        fineTuned = try rows(.joint, "fine-tuned")
        added = try rows(.rcRINFF, "added")
        let (tuned, own) = (try figures(files[0]), try figures(files[2]))
        newTask = own.first?.task ?? ""
        newTaskFineTuned = tuned.first?.value
        newTaskAdded = own.first?.value
        let (old, new) = (
            try ModelFolder(opening: before(.rcRINFF) + "/model"), try ModelFolder(opening: folder + "/model")
        )
        filesAreUnchanged =
            try SHA256.hexadecimal(ofFile: old.bankPath) == SHA256.hexadecimal(ofFile: new.bankPath)
            && old.tasks().allSatisfy {
                try SHA256.hexadecimal(ofFile: old.taskPath($0)) == SHA256.hexadecimal(ofFile: new.taskPath($0))
            }
    }
}
