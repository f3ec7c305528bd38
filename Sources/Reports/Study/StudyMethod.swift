/// The rows of the paper's ablation (Kanakis et al., tables 2 to 4), under the names of their recipes.
package enum StudyMethod: String, CaseIterable, Encodable, Sendable {
    case single, joint, series, parallel, rc
    case rcRI = "rc-ri"
    case rcRINFF = "rc-ri-nff"

    package var title: String {
        switch self {
        case .single: "single task"
        case .joint: "joint baseline"
        case .series: "series RA"
        case .parallel: "parallel RA"
        case .rc: "RC"
        case .rcRI: "RC+RI"
        case .rcRINFF: "RC+RI+NFF"
        }
    }

    /// The number of the method's colour in plots.
    var color: Int { Self.allCases.firstIndex(of: self)! }
}
