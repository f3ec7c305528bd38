import Glibc

/// Bytes that all ranks read and none may write, such as the filter bank: read by one rank, sent once to every other
/// node, and held once per node in shared memory.
///
/// Every mapping is readable only: a write to it ends the process with a memory fault.
package final class NodeCopy {
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
    ///   - fill: called on rank 0 alone, to write the bytes. Where it throws, every rank does: rank 0 what it threw, the
    ///     others a ``CollectiveError`` that says so.
    package init(
        _ communicators: NodeCommunicators, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void
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
        try Self.fill(memory, communicators.world, fill)
        if let leaders = communicators.leaders { try leaders.broadcast(memory, from: 0) }
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

    /// Fills on rank 0 and lets all know whether it worked.
    private static func fill(
        _ memory: UnsafeMutableRawBufferPointer, _ world: any Communicator,
        _ fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        var failure: (any Error)?
        if world.rank == 0 {
            do { try fill(memory) } catch { failure = error }
        }
        var failures: [Int64] = [failure == nil ? 0 : 1]
        try world.sum(&failures)
        if let failure { throw failure }
        if failures[0] != 0 {
            throw CollectiveError(
                operation: "reading for all ranks", rank: 0, host: world.nodes.hosts[0], code: 0,
                reason: "rank 0 could not", hint: "see what it says")
        }
    }
}
