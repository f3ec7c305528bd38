import CCollectives
import Collectives
import Glibc

/// Ranks that are processes of an MPI job.
///
/// All communicators of a process are used by one thread at a time. They last as long as the process.
package final class MPICommunicator: Communicator {
    package let rank: Int
    package let size: Int
    package let nodes: NodeLayout
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer, nodes: NodeLayout? = nil) throws(CollectiveError) {
        var (rank, size): (Int32, Int32) = (0, 0)
        let host = MPIJob.host
        try MPIError.check(mdl_mpi_rank(handle, &rank), "asking for the rank", rank: nil, host: host)
        try MPIError.check(mdl_mpi_size(handle, &size), "asking for the number of ranks", rank: nil, host: host)
        self.rank = Int(rank)
        self.size = Int(size)
        self.handle = handle
        self.nodes = nodes ?? NodeLayout(host: host, ranks: Int(size))
    }

    package func startBarrier() throws(CollectiveError) -> CollectiveRequest {
        try start("barrier") { mdl_mpi_start_barrier(handle, $0) }
    }

    package func startBroadcast(
        _ bytes: UnsafeMutableRawBufferPointer, from root: Int
    ) throws(CollectiveError) -> CollectiveRequest {
        try start("broadcast") {
            mdl_mpi_start_broadcast(handle, bytes.baseAddress, Int32(bytes.count), Int32(root), $0)
        }
    }

    package func startAllToAll(
        _ send: UnsafeRawPointer, _ sendLayout: BlockLayout, into receive: UnsafeMutableRawPointer,
        _ receiveLayout: BlockLayout
    ) throws(CollectiveError) -> CollectiveRequest {
        try start("all-to-all") {
            mdl_mpi_start_all_to_all(
                handle, send, sendLayout.counts, sendLayout.offsets, receive, receiveLayout.counts,
                receiveLayout.offsets, $0)
        }
    }

    package func startAllGather(
        _ send: UnsafeRawPointer?, into receive: UnsafeMutableRawPointer, _ layout: BlockLayout
    ) throws(CollectiveError) -> CollectiveRequest {
        try start("all-gather") {
            mdl_mpi_start_all_gather(handle, send, receive, layout.counts, layout.offsets, $0)
        }
    }

    package func startSend(
        _ bytes: UnsafeRawPointer, count: Int, to rank: Int, tag: Int
    ) throws(CollectiveError) -> CollectiveRequest {
        try start("send") { mdl_mpi_start_send(handle, bytes, Int32(count), Int32(rank), Int32(tag), $0) }
    }

    package func startReceive(
        _ bytes: UnsafeMutableRawPointer, count: Int, from rank: Int, tag: Int
    ) throws(CollectiveError) -> CollectiveRequest {
        try start("receive") { mdl_mpi_start_receive(handle, bytes, Int32(count), Int32(rank), Int32(tag), $0) }
    }

    package func startAllReduce(
        _ values: UnsafeMutableRawPointer, count: Int, _ element: CollectiveElement
    ) throws(CollectiveError) -> CollectiveRequest {
        try start("all-reduce") {
            mdl_mpi_start_all_reduce(handle, values, Int32(count), element.identifier, $0)
        }
    }

    package func test(_ request: CollectiveRequest) throws(CollectiveError) -> Bool {
        var done: Int32 = 0
        try check(mdl_mpi_test(handle, Int32(request.number), &done), "waiting for other ranks")
        return done != 0
    }

    package func split(color: Int, key: Int) throws(CollectiveError) -> any Communicator {
        let members = try members(color: color, key: key)
        var part: OpaquePointer?
        try check(mdl_mpi_split(handle, Int32(color), Int32(key), &part), "splitting the ranks")
        return try MPICommunicator(part!, nodes: nodes.restricted(to: members))
    }

    package func duplicate() throws(CollectiveError) -> any Communicator {
        var copy: OpaquePointer?
        try check(mdl_mpi_duplicate(handle, &copy), "duplicating a communicator")
        return try MPICommunicator(copy!, nodes: nodes)
    }

    package func abort(code: Int32) -> Never {
        mdl_mpi_abort(handle, code)
        exit(code)
    }

    private func start(
        _ operation: String, _ body: (UnsafeMutablePointer<Int32>) -> Int32
    ) throws(CollectiveError) -> CollectiveRequest {
        var number: Int32 = 0
        try check(body(&number), operation)
        return CollectiveRequest(number: Int(number))
    }

    private func check(_ status: Int32, _ operation: String) throws(CollectiveError) {
        try MPIError.check(status, operation, rank: rank, host: host)
    }
}

extension CollectiveElement {
    fileprivate var identifier: mdl_mpi_element {
        switch self {
        case .float32: mdl_mpi_float32
        case .int64: mdl_mpi_int64
        }
    }
}
