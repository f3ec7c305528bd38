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

    package func startAllReduce(
        _ values: UnsafeMutableRawPointer, count: Int, _ element: CollectiveElement
    ) -> CollectiveRequest { done }

    package func test(_ request: CollectiveRequest) -> Bool { true }

    package func split(color: Int, key: Int) -> any Communicator { LoopbackCommunicator(host: nodes.hosts[0]) }

    package func duplicate() -> any Communicator { LoopbackCommunicator(host: nodes.hosts[0]) }

    package func abort(code: Int32) -> Never { exit(code) }

    private var done: CollectiveRequest { CollectiveRequest(number: 0) }
}
