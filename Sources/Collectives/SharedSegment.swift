import CSharedMemory
import Glibc
import TensorCore

/// Memory that all ranks of a node see, gone with the last of them.
package final class SharedSegment {
    package enum Access: Sendable {
        /// All ranks may write.
        case everyone
        /// Only the node's leader may, until it protects its own mapping as well.
        case leader
    }

    package let base: UnsafeMutableRawPointer
    package let byteCount: Int
    private let host: String

    /// Zeroed memory. All ranks of the node take part, and wait; where one fails, all do.
    ///
    /// - Parameter node: the ranks of one node.
    package init(_ node: any Communicator, byteCount: Int, access: Access) throws(CollectiveError) {
        self.byteCount = byteCount
        host = node.host
        var mapped: UnsafeMutableRawPointer?
        var status: Int32 = 0
        var name = ""
        if node.rank == 0 {
            name = "/modulor-\(getpid())-\(MonotonicClock.nanoseconds)"
            status = mdl_shared_create(name, Int64(byteCount), &mapped)
        }
        name = try node.gather(name)[0]
        // What the leader could not make the others need not look for; they learn of it from its status.
        var statuses = try Self.gather(status, node)
        if statuses[0] == 0 {
            if node.rank != 0 {
                status = mdl_shared_open(name, Int64(byteCount), access == .everyone ? 1 : 0, &mapped)
            }
            statuses = try Self.gather(status, node)
            // All have it mapped or never will, so nothing is left behind however the job ends.
            if node.rank == 0 { _ = mdl_shared_unlink(name) }
        }
        if let failed = statuses.firstIndex(where: { $0 != 0 }) {
            if let mapped { _ = mdl_shared_unmap(mapped, Int64(byteCount)) }
            throw Self.error("sharing \(byteCount) bytes of memory", statuses[failed], host: node.host)
        }
        base = mapped!
    }

    deinit {
        _ = mdl_shared_unmap(base, Int64(byteCount))
    }

    /// Makes this rank's mapping readable only: a write to it ends the process with a memory fault.
    package func protect() throws(CollectiveError) {
        let status = mdl_shared_protect(base, Int64(byteCount))
        if status != 0 { throw Self.error("protecting shared memory", status, host: host) }
    }

    private static func gather(_ status: Int32, _ node: any Communicator) throws(CollectiveError) -> [Int32] {
        var all = [Int64](repeating: 0, count: node.size)
        all[node.rank] = Int64(status)
        try node.allGather(&all)
        return all.map { Int32($0) }
    }

    private static func error(_ operation: String, _ code: Int32, host: String) -> CollectiveError {
        let hint =
            switch code {
            case ENOSPC, ENOMEM: "make /dev/shm larger, as with docker run --shm-size or an emptyDir of medium Memory"
            case EACCES, EPERM: "let this user write to /dev/shm"
            default: "see whether /dev/shm is there and writable"
            }
        return CollectiveError(
            operation: operation, rank: nil, host: host, code: code, reason: String(cString: strerror(code)),
            hint: hint)
    }
}
