import Glibc
import TensorCore

/// Shared memory that jobs which were killed have left on a host. It would fill /dev/shm for the jobs after them.
package enum StaleMemory {
    /// How names begin that this program and MPI libraries give: Open MPI 4 and 5, MPICH, Intel MPI.
    private static let prefixes = ["modulor-", "vader_segment.", "sm_segment.", "mpich_shar_tmp", "Intel_MPI_"]

    /// Removes files of this user that no process has mapped, and that are so old that nobody is about to: a job maps its
    /// memory within moments.
    ///
    /// - Parameters:
    ///   - folder: where shared memory has names.
    ///   - seconds: the least age of what is removed.
    package static func remove(in folder: String = "/dev/shm", olderThan seconds: Int = 60) {
        var stale = SystemFile.names(in: folder).filter { name in
            var status = stat()
            return prefixes.contains { name.hasPrefix($0) } && lstat("\(folder)/\(name)", &status) == 0
                && status.st_uid == geteuid() && time(nil) - status.st_mtim.tv_sec >= seconds
        }
        guard !stale.isEmpty else { return }
        for process in SystemFile.names(in: "/proc") where process.first?.isNumber == true {
            // Other users' processes cannot be looked at, and do not use files of this one.
            guard let maps = SystemFile.text("/proc/\(process)/maps") else { continue }
            stale.removeAll { maps.contains("/\($0)") }
        }
        for name in stale { unlink("\(folder)/\(name)") }
    }
}
