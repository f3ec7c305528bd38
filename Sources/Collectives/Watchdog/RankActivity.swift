/// What a rank is doing, as others are told.
package enum RankPhase: UInt8, Sendable {
    case joining, starting, loadingData, computing, validating, saving, finishing

    package var description: String {
        switch self {
        case .joining: "joining the job"
        case .starting: "starting"
        case .loadingData: "loading data"
        case .computing: "computing"
        case .validating: "validating"
        case .saving: "saving"
        case .finishing: "finishing"
        }
    }
}

/// The last that was heard of a rank.
struct RankActivity: Equatable, Sendable {
    /// The step that it was in, from 1; 0 before the first.
    var step = 0
    var phase = RankPhase.joining
    /// The communication that was under way; empty where there was none.
    var communication = ""

    /// "in step 12 (computing)"
    var place: String {
        step > 0 ? "in step \(step) (\(phase.description))" : "before the first step (\(phase.description))"
    }
}
