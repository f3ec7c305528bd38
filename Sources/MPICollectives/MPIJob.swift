import CCollectives
import Collectives
import Glibc

/// The job that a launcher started. Once per process.
package enum MPIJob {
    /// Joins the job, with the library that was opened (``MPILibrary``).
    ///
    /// - Parameter ranksPerNode: counts so many neighbouring ranks as a node, to try several nodes on one machine; nil
    ///   takes those that really share memory.
    /// - Returns: all ranks, numbered node by node, so that the samples of a node are contiguous.
    /// - Throws: ``CollectiveError``, or ``MPILibraryError`` where the library does not see the launcher's processes: each
    ///   would be alone.
    package static func start(_ launcher: Launcher, ranksPerNode: Int? = nil) throws -> MPICommunicator {
        let host = host
        try MPIError.check(mdl_mpi_initialize(nil), "joining the job", rank: nil, host: host)
        var handle: OpaquePointer?
        try MPIError.check(mdl_mpi_world(&handle), "joining the job", rank: nil, host: host)
        let world = try MPICommunicator(handle!)
        if let size = launcher.size, size != world.size {
            throw MPILibraryError(unfit: MPILibrary.version, at: MPILibrary.path, seeing: world.size, launcher)
        }

        let leader: Int
        if let ranksPerNode {
            leader = world.rank / ranksPerNode * ranksPerNode
        } else {
            var part: OpaquePointer?
            try MPIError.check(
                mdl_mpi_split_by_node(handle!, &part), "finding the ranks of a node", rank: world.rank, host: host)
            leader = try MPICommunicator(part!).gather(world.rank).min()!
        }
        var ordered: OpaquePointer?
        try MPIError.check(
            mdl_mpi_split(handle!, 0, Int32(leader * world.size + world.rank), &ordered), "numbering the ranks",
            rank: world.rank, host: host)
        return try MPICommunicator(ordered!, nodes: layout(MPICommunicator(ordered!), host: host, leader: leader))
    }

    /// Leaves the job; all ranks do so, and nothing may follow.
    package static func finish() throws(CollectiveError) {
        try MPIError.check(mdl_mpi_finalize(), "leaving the job", rank: nil, host: host)
    }

    static var host: String {
        MPIError.text { _ = gethostname($0, Int($1)) }
    }

    private static func layout(
        _ ordered: MPICommunicator, host: String, leader: Int
    ) throws(CollectiveError) -> NodeLayout {
        let leaders = try ordered.gather(leader)
        let names = try ordered.gather(host)
        let starts = leaders.indices.filter { $0 == 0 || leaders[$0] != leaders[$0 - 1] }
        let ends = starts.dropFirst() + [leaders.count]
        return NodeLayout(hosts: starts.map { names[$0] }, ranks: zip(starts, ends).map { $0..<$1 })
    }
}
