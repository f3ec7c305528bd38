/// The tasks that published data sets and ``Rooms`` have labels of (paper, section 4.1).
enum PaperTask: String, CaseIterable {
    case semseg
    case humanParts = "human_parts"
    case edge, sal, normals, depth

    /// Which of them `task` is, by its name and kind; nil where it is none.
    init?(_ task: LearningTask) {
        guard let known = PaperTask(rawValue: task.name), known.task.hasLabels(of: task) else { return nil }
        self = known
    }

    /// The preset of this name.
    var task: LearningTask {
        switch self {
        case .semseg: .semseg
        case .humanParts: .humanParts
        case .edge: .edge
        case .sal: .sal
        case .normals: .normals
        case .depth: .depth
        }
    }
}
