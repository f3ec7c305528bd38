import Glibc

/// Locks on open files (flock), which end with the process that holds them.
package enum FileLock {
    /// Locks a file for this descriptor alone. Whoever looks at a file holds it for an instant, which is waited for.
    ///
    /// - Returns: false where somebody else keeps it; true also where the file system has no locks.
    package static func take(_ descriptor: Int32) -> Bool {
        var instants = 1000
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { return true }
            guard instants > 0 else { return false }
            instants -= 1
            usleep(1000)
        }
        return true
    }

    /// Whether somebody has locked the file at `path` now.
    package static func isTaken(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}
