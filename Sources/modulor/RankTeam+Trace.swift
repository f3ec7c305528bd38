import Reports
import Training

extension RankTeam {
    /// Lets the first rank write the timelines, where there are some; all ranks take part.
    func write(_ trace: RunTrace?, to path: String) throws {
        try first {
            if let trace { try TraceFile(trace).write(to: path) }
        }
    }
}
