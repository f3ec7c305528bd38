/// An operation that was started on a communicator and has to be tested until it is done.
package struct CollectiveRequest: Sendable {
    /// The communicator's own number for it.
    package let number: Int

    package init(number: Int) {
        self.number = number
    }
}

/// What a reduction adds.
package enum CollectiveElement: Sendable {
    case float32, int64
}

/// A group of ranks that work together.
///
/// All ranks start the same operations in the same order. An operation never waits: it is started, and then tested until
/// it is done; until then its buffers and layouts belong to it. One thread at a time may use the communicators of a rank.
package protocol Communicator: AnyObject {
    /// This rank's number, 0 ..< size.
    var rank: Int { get }
    var size: Int { get }
    var nodes: NodeLayout { get }

    /// Done when all ranks have started it.
    func startBarrier() throws(CollectiveError) -> CollectiveRequest

    /// The bytes of `root` come to all; less than 2 GB.
    func startBroadcast(
        _ bytes: UnsafeMutableRawBufferPointer, from root: Int
    ) throws(CollectiveError) -> CollectiveRequest

    /// Block r of `send` goes to rank r, and block r of `receive` comes from it.
    func startAllToAll(
        _ send: UnsafeRawPointer, _ sendLayout: BlockLayout, into receive: UnsafeMutableRawPointer,
        _ receiveLayout: BlockLayout
    ) throws(CollectiveError) -> CollectiveRequest

    /// Every rank's block comes to all. Where `send` is nil, this rank's lies in its place in `receive` already.
    func startAllGather(
        _ send: UnsafeRawPointer?, into receive: UnsafeMutableRawPointer, _ layout: BlockLayout
    ) throws(CollectiveError) -> CollectiveRequest

    /// Sums in place, in an order of the library's choice.
    func startAllReduce(
        _ values: UnsafeMutableRawPointer, count: Int, _ element: CollectiveElement
    ) throws(CollectiveError) -> CollectiveRequest

    /// Moves things on without waiting; true when the operation is done, after which the request is void.
    func test(_ request: CollectiveRequest) throws(CollectiveError) -> Bool

    /// The ranks with the same color, ordered by key, then by rank. All ranks take part, and wait.
    func split(color: Int, key: Int) throws(CollectiveError) -> any Communicator

    /// The same ranks, whose operations may overlap those of this communicator in any order. All ranks take part.
    func duplicate() throws(CollectiveError) -> any Communicator

    /// Ends all ranks of the job at once with this exit code.
    func abort(code: Int32) -> Never
}

extension Communicator {
    package var host: String { nodes.host(of: rank) }
}
