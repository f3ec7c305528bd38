import Foundation

/// The memory of this process.
package enum ProcessMemory {
    /// The most bytes that the process has held at any time.
    package static var peakResidentBytes: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }

    /// The bytes that the process can ever hold: the machine's, or what its control group allows.
    package static var limit: Int {
        min(Int(ProcessInfo.processInfo.physicalMemory), ControlGroup().memoryLimit ?? .max)
    }
}
