import Glibc

/// Bytes that all ranks read and none may write, such as the filter bank: held once per node in shared memory.
///
/// Every mapping is readable only: a write to it ends the process with a memory fault.
package final class NodeCopy {
    /// Who writes the bytes.
    package enum Source: Sendable {
        /// Rank 0, such as what it reads from a file; they are sent once to every other node.
        case firstRank
        /// The leader of every node, such as what it computes from what the node has already.
        case everyLeader
    }

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }
    /// Why this node's ranks hold a copy each, where memory could not be shared: worth a warning. nil where they share.
    package let refusal: CollectiveError?

    private let base: UnsafeMutableRawPointer
    private let byteCount: Int
    private let segment: SharedSegment?

    /// All ranks take part, and wait.
    ///
    /// - Parameters:
    ///   - byteCount: the same on all ranks.
    ///   - fill: writes the bytes. Where it throws, every rank does: who called it what it threw, the others a
    ///     ``CollectiveError`` that says so.
    package init(
        _ communicators: NodeCommunicators, byteCount: Int, from source: Source = .firstRank,
        fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        precondition(byteCount > 0, "there is something to copy")
        let node = communicators.node
        var segment: SharedSegment?
        var refusal: CollectiveError?
        do throws(CollectiveError) {
            segment = try SharedSegment(node, byteCount: byteCount, access: .leader)
        } catch {
            refusal = error
        }
        // Where ranks share nothing, each has its own.
        base =
            segment?.base
            ?? mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        precondition(base != MAP_FAILED, "no memory for \(byteCount) bytes: start fewer ranks on \(node.host)")
        (self.segment, self.refusal, self.byteCount) = (segment, refusal, byteCount)

        let memory = UnsafeMutableRawBufferPointer(start: base, count: byteCount)
        let fills = source == .firstRank ? communicators.world.rank == 0 : node.rank == 0
        try Self.fill(memory, communicators.world, fills, fill)
        if let leaders = communicators.leaders, source == .firstRank { try leaders.broadcast(memory, from: 0) }
        if segment == nil {
            try node.broadcast(memory, from: 0)
        } else {
            try node.barrier()
        }
        if let segment {
            try segment.protect()
        } else {
            mprotect(base, byteCount, PROT_READ)
        }
    }

    deinit {
        if segment == nil { munmap(base, byteCount) }
    }

    /// Fills where this rank is to, and lets all know whether it worked.
    private static func fill(
        _ memory: UnsafeMutableRawBufferPointer, _ world: any Communicator, _ fills: Bool,
        _ fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        var failure: (any Error)?
        if fills {
            do { try fill(memory) } catch { failure = error }
        }
        var failed = [Int64](repeating: 0, count: world.size)
        failed[world.rank] = failure == nil ? 0 : 1
        try world.allGather(&failed)
        if let failure { throw failure }
        if let rank = failed.firstIndex(of: 1) {
            throw CollectiveError(
                operation: "reading for all ranks", rank: rank, host: world.nodes.host(of: rank), code: 0,
                reason: "this rank could not", hint: "see what it says")
        }
    }
}
