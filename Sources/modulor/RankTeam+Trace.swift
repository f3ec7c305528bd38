import Foundation
import Reports
import Training

extension RankTeam {
    /// A trace for the file at `path`, or none; whether a file can be written there is found before anything is done.
    func trace(for path: String?) throws -> Trace? {
        guard let path else { return nil }
        try first {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            guard FileManager.default.isWritableFile(atPath: folder) else {
                throw UsageError("--trace \(path): nothing can be written in \(folder); name a folder that exists")
            }
        }
        return try Trace(self)
    }

    /// Lets the first rank write the timelines, where there are some; all ranks take part.
    func write(_ trace: RunTrace?, to path: String) throws {
        try first {
            if let trace { try TraceFile(trace).write(to: path) }
        }
    }
}
