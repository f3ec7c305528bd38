/// By which figure the best model of a run is told, written `true`, `false` or `TASK.FIGURE`.
package enum BestChoice: ConfigurationValue, Sendable {
    /// No best model is kept.
    case none
    /// By the mean gain of all tasks over the first validation; with one task, by its figure.
    case automatic
    /// By one figure of one task.
    case figure(task: String, name: String)

    package static let expectation = "true, false, or TASK.FIGURE, such as semseg.mean_iou"
    package static let words = ["true", "false"]

    package var yaml: String {
        switch self {
        case .none: "false"
        case .automatic: "true"
        case .figure(let task, let name): "\(task).\(name)".yaml
        }
    }

    package static func read(_ node: YAMLNode) -> BestChoice? {
        if let isWanted = Bool.read(node) { return isWanted ? .automatic : BestChoice.none }
        // A figure's own name may have dots, a task's has none.
        guard let parts = String.read(node)?.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false),
            parts.count == 2, parts.allSatisfy({ !$0.isEmpty })
        else { return nil }
        return .figure(task: String(parts[0]), name: String(parts[1]))
    }
}
