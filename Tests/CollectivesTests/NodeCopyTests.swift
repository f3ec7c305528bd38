import Collectives
import Testing

@Suite struct NodeCopyTests {
    struct Unreadable: Error, Equatable {}

    @Test(arguments: [[1], [3], [2, 1], [1, 1, 2]])
    func allRanksSeeWhatOneRead(ranksOfNodes: [Int]) throws {
        let count = CollectiveLimits.messageByteCount + 77
        let results = try onRanks(ranksOfNodes.reduce(0, +), ranksOfNodes: ranksOfNodes) { communicator in
            var calls = 0
            let copy = try NodeCopy(NodeCommunicators(communicator), byteCount: count) { memory in
                calls += 1
                for index in memory.indices { memory[index] = UInt8(truncatingIfNeeded: index / 7) }
            }
            #expect(calls == (communicator.rank == 0 ? 1 : 0))
            #expect(copy.refusal == nil)
            // Others may still read when the first is through.
            return copy
        }
        for copy in results {
            #expect(copy.bytes.indices.allSatisfy { copy.bytes[$0] == UInt8(truncatingIfNeeded: $0 / 7) })
        }
    }

    @Test func whatRankZeroCannotReadFailsOnAll() throws {
        let messages = try onRanks(3) { communicator -> String in
            do {
                _ = try NodeCopy(NodeCommunicators(communicator), byteCount: 10) { _ in throw Unreadable() }
                return "nothing failed"
            } catch {
                return "\(error)"
            }
        }
        #expect(messages[0] == "Unreadable()")
        #expect(messages[1].hasPrefix("reading for all ranks failed on rank 0 on node0: rank 0 could not"))
        #expect(messages[2] == messages[1])
    }
}
