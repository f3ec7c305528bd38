import Configuration
import Foundation

extension ParallelSettings {
    /// Worker threads of this process.
    package var threadCount: Int {
        switch threads {
        case .automatic: ProcessInfo.processInfo.activeProcessorCount
        case .count(let count): count
        }
    }
}
