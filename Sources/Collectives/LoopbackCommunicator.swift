import Glibc

/// A rank that is alone: every operation is done as soon as it is started.
package final class LoopbackCommunicator: Communicator {
    package let nodes: NodeLayout

    package init(host: String = "localhost") {
        nodes = NodeLayout(host: host, ranks: 1)
    }

    package var rank: Int { 0 }
    package var size: Int { 1 }

    package func startBarrier() -> CollectiveRequest { done }

    package func startBroadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) -> CollectiveRequest { done }

    package func startAllToAll(
        _ send: UnsafeRawPointer, _ sendLayout: BlockLayout, into receive: UnsafeMutableRawPointer,
        _ receiveLayout: BlockLayout
    ) -> CollectiveRequest {
        receive.copyMemory(from: send, byteCount: Int(sendLayout.counts[0]))
        return done
    }

    package func startAllGather(
        _ send: UnsafeRawPointer?, into receive: UnsafeMutableRawPointer, _ layout: BlockLayout
    ) -> CollectiveRequest {
        if let send { receive.copyMemory(from: send, byteCount: Int(layout.counts[0])) }
        return done
    }

    package func startSend(_ bytes: UnsafeRawPointer, count: Int, to rank: Int, tag: Int) -> CollectiveRequest {
        preconditionFailure("there is no other rank")
    }

    package func startReceive(
        _ bytes: UnsafeMutableRawPointer, count: Int, from rank: Int, tag: Int
    ) -> CollectiveRequest {
        preconditionFailure("there is no other rank")
    }

    package func startAllReduce(
        _ values: UnsafeMutableRawPointer, count: Int, _ element: CollectiveElement
    ) -> CollectiveRequest { done }

    package func test(_ request: CollectiveRequest) -> Bool { true }

    package func split(color: Int, key: Int) -> any Communicator { LoopbackCommunicator(host: nodes.hosts[0]) }

    package func duplicate() -> any Communicator { LoopbackCommunicator(host: nodes.hosts[0]) }

    package func abort(code: Int32) -> Never { exit(code) }

    private var done: CollectiveRequest { CollectiveRequest(number: 0) }
}

/// The last of several ranks, which has the largest shard and of which the others do not exist: every operation is done as soon as it is started, and
/// nothing comes from anybody. What a rank computes takes as long as if they were there.
package final class ImaginedCommunicator: Communicator {
    package let size: Int

    package init(ranks: Int) {
        precondition(ranks > 0, "there is at least this rank")
        size = ranks
    }

    package var rank: Int { size - 1 }
    /// Every rank on a node of its own.
    package var nodes: NodeLayout {
        NodeLayout(
            hosts: [String](repeating: "localhost", count: size), ranks: (0..<size).map { $0..<$0 + 1 })
    }

    package func startBarrier() -> CollectiveRequest { done }

    package func startBroadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) -> CollectiveRequest { done }

    package func startAllToAll(
        _ send: UnsafeRawPointer, _ sendLayout: BlockLayout, into receive: UnsafeMutableRawPointer,
        _ receiveLayout: BlockLayout
    ) -> CollectiveRequest { done }

    package func startAllGather(
        _ send: UnsafeRawPointer?, into receive: UnsafeMutableRawPointer, _ layout: BlockLayout
    ) -> CollectiveRequest {
        if let send {
            (receive + Int(layout.offsets[rank])).copyMemory(from: send, byteCount: Int(layout.counts[rank]))
        }
        return done
    }

    package func startSend(_ bytes: UnsafeRawPointer, count: Int, to rank: Int, tag: Int) -> CollectiveRequest { done }

    package func startReceive(
        _ bytes: UnsafeMutableRawPointer, count: Int, from rank: Int, tag: Int
    ) -> CollectiveRequest { done }

    package func startAllReduce(
        _ values: UnsafeMutableRawPointer, count: Int, _ element: CollectiveElement
    ) -> CollectiveRequest { done }

    package func test(_ request: CollectiveRequest) -> Bool { true }

    package func split(color: Int, key: Int) -> any Communicator {
        preconditionFailure("nobody knows the colors of ranks that do not exist")
    }

    package func duplicate() -> any Communicator { ImaginedCommunicator(ranks: size) }

    package func abort(code: Int32) -> Never { exit(code) }

    private var done: CollectiveRequest { CollectiveRequest(number: 0) }
}
