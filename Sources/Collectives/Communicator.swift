import CSharedMemory

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
/// All ranks start the same operations in the same order; sends and receives concern two of them alone. An operation never waits: it is started, and then tested until
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

    /// Bytes for one other rank, less than 2 GB. Those with one tag come in the order in which they are sent.
    func startSend(
        _ bytes: UnsafeRawPointer, count: Int, to rank: Int, tag: Int
    ) throws(CollectiveError) -> CollectiveRequest

    /// As many bytes as the other rank sends.
    func startReceive(
        _ bytes: UnsafeMutableRawPointer, count: Int, from rank: Int, tag: Int
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

/// Operations that wait for their end; for what is not part of a training step.
extension Communicator {
    package func wait(_ request: CollectiveRequest) throws(CollectiveError) {
        var pause = Pause()
        while try !test(request) { pause.next() }
    }

    package func barrier() throws(CollectiveError) {
        try wait(startBarrier())
    }

    /// Waits for the others for a while; whether all have come. After false nothing may follow.
    package func barrier(withinSeconds seconds: Int) throws(CollectiveError) -> Bool {
        let barrier = try startBarrier()
        let end = ContinuousClock.now + .seconds(seconds)
        while try !test(barrier) {
            guard ContinuousClock.now < end else { return false }
            mdl_sleep(1_000_000)
        }
        return true
    }

    /// The bytes of `root` come to all, in pieces.
    package func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws(CollectiveError) {
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + CollectiveLimits.messageByteCount)
            try wait(startBroadcast(UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end]), from: root))
            start = end
        }
    }

    /// What every rank contributes, in the order of ranks; sizes may differ.
    package func gather(_ bytes: [UInt8]) throws(CollectiveError) -> [[UInt8]] {
        var sizes = [Int64](repeating: 0, count: size)
        sizes[rank] = Int64(bytes.count)
        try allGather(&sizes)
        let starts = sizes.indices.map { Int(sizes[..<$0].reduce(0, +)) }
        var all = [UInt8](repeating: 0, count: Int(sizes.reduce(0, +)))
        // Everyone sees the same sizes, so everyone takes the same number of rounds.
        let largest = Int(sizes.max()!)
        let portion = max(1, CollectiveLimits.gatheredByteCount / size)
        var start = 0
        while start < largest {
            let counts = sizes.map { max(0, min(portion, Int($0) - start)) }
            let layout = BlockLayout(counts)
            var received = [UInt8](repeating: 0, count: max(1, layout.total))
            let own = Int(layout.offsets[rank])
            for index in 0..<counts[rank] { received[own + index] = bytes[start + index] }
            try gatherInPlace(&received, layout)
            for other in 0..<size {
                let from = Int(layout.offsets[other])
                all.replaceSubrange(
                    starts[other] + start..<starts[other] + start + counts[other],
                    with: received[from..<from + counts[other]])
            }
            start += portion
        }
        return sizes.indices.map { Array(all[starts[$0]..<starts[$0] + Int(sizes[$0])]) }
    }

    /// What every rank contributes, in the order of ranks, with the same bits on all of them. Imagined ranks say nothing,
    /// and are left out.
    package func gather<Value: Codable>(_ value: Value) throws(CollectiveError) -> [Value] {
        let bytes: [UInt8] = ExactCoding.bytes(of: value)
        return try gather(bytes).filter { !$0.isEmpty }.map { ExactCoding.value(from: $0) }
    }

    /// Value r comes from rank r.
    package func allGather(_ values: inout [Int64]) throws(CollectiveError) {
        precondition(values.count == size, "one value per rank")
        try gatherInPlace(&values, BlockLayout([Int](repeating: MemoryLayout<Int64>.stride, count: size)))
    }

    /// The ranks that give the same color as this one, ordered by key, then by rank: those of a `split`.
    package func members(color: Int, key: Int) throws(CollectiveError) -> [Int] {
        let choices = try gather([color, key])
        return choices.indices.filter { choices[$0][0] == color }.sorted {
            (choices[$0][1], $0) < (choices[$1][1], $1)
        }
    }

    /// Sums of whole numbers, which are exact in any order, in pieces.
    package func sum(_ values: inout [Int64]) throws(CollectiveError) {
        let stride = MemoryLayout<Int64>.stride
        try withBytes(of: &values) { bytes throws(CollectiveError) in
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + CollectiveLimits.messageByteCount)
                try wait(startAllReduce(bytes.baseAddress! + start, count: (end - start) / stride, .int64))
                start = end
            }
        }
    }

    private func gatherInPlace<Element: BitwiseCopyable>(
        _ values: inout [Element], _ layout: BlockLayout
    ) throws(CollectiveError) {
        try withBytes(of: &values) { bytes throws(CollectiveError) in
            try wait(startAllGather(nil, into: bytes.baseAddress!, layout))
        }
        withExtendedLifetime(layout) {}
    }

    private func withBytes<Element: BitwiseCopyable>(
        of values: inout [Element], _ body: (UnsafeMutableRawBufferPointer) throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        var failure: CollectiveError?
        values.withUnsafeMutableBytes { bytes in
            do throws(CollectiveError) { try body(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}

/// Sizes that keep single operations short.
package enum CollectiveLimits {
    /// Bytes of the largest message between two ranks.
    package static let messageByteCount = 1 << 20
    /// Bytes of all ranks together in one step of a gather.
    static let gatheredByteCount = 64 << 20
}

/// How a thread waits for other ranks: it looks again and again at first, since most waits are short, and then sleeps
/// between looks, since the core may be the one that computes.
struct Pause {
    /// Looks before the first sleep, a few milliseconds: longer than a bucket needs on one node, shorter than what ranks
    /// differ by when one of them is held up.
    static let looksBeforeSleep = 2_000
    /// Nanoseconds of a sleep.
    static let sleep = 20_000
    /// Nanoseconds of a sleep of a thread beside one that computes, when nothing has happened for a while.
    static let longestSleep = 100_000

    private var looks = 0

    /// To be called after a look that found nothing.
    mutating func next() {
        looks += 1
        if looks < Pause.looksBeforeSleep { mdl_relax() } else { mdl_sleep(Int64(Pause.sleep)) }
    }
}
